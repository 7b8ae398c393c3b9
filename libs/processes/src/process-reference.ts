import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A process, told apart from a later one that got the same id. */
export interface ProcessReference {
  readonly pid: number;
  /** Opaque text that is equal only for the same process. */
  readonly startedAt: string;
}

/** The process with this id, or undefined when there is none (a zombie counts as none). */
export function describeProcess(pid: number): ProcessReference | undefined {
  const startedAt = process.platform === 'linux' ? startTimeFromProc(pid) : startTimeFromPs(pid);
  return startedAt === undefined ? undefined : { pid, startedAt };
}

/** Whether exactly this process is still there. */
export function isRunning(reference: ProcessReference): boolean {
  return describeProcess(reference.pid)?.startedAt === reference.startedAt;
}

/** Reads a reference out of parsed JSON; undefined when it is not one. */
export function parseProcessReference(value: unknown): ProcessReference | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { pid, startedAt } = value as Partial<Record<keyof ProcessReference, unknown>>;
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return undefined;
  return typeof startedAt === 'string' ? { pid, startedAt } : undefined;
}

/**
 * Boot id and start time in clock ticks: fields 3 (state) and 22 (starttime) of proc_pid_stat(5).
 * The command name in field 2 may hold spaces and parentheses, so fields are counted from its last `)`.
 */
function startTimeFromProc(pid: number): string | undefined {
  const stat = readProc(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, startTicks] = [fields[0], fields[19]];
  if (state === 'Z' || state === 'X' || startTicks === undefined) return undefined;
  return `${(readProc('/proc/sys/kernel/random/boot_id') ?? '').trim()}:${startTicks}`;
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // ESRCH: the process ended between open and read.
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}

function startTimeFromPs(pid: number): string | undefined {
  const { stdout, status } = spawnSync('env', ['LC_ALL=C', 'ps', '-o', 'stat=,lstart=', '-p', String(pid)], {
    encoding: 'utf8',
  });
  const [state, ...startedAt] = status === 0 ? stdout.trim().split(/\s+/) : [];
  return state === undefined || state.startsWith('Z') ? undefined : startedAt.join(' ');
}
