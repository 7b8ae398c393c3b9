import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';

const POLL_INTERVAL_MS = 50;
/** Of utime and stime in /proc: fixed by Linux's interface. */
const TICKS_PER_SECOND = 100;

/** What a process took, by /proc: the page cache of files that it reads and writes is not in it. */
export interface MeasuredRun {
  readonly stdout: string;
  readonly seconds: number;
  /** Processor time of all of its threads. */
  readonly cpuSeconds: number;
  /** Most memory resident at once (VmHWM); pages of mapped files count as long as they are resident. */
  readonly peakBytes: number;
  /** Most anonymous memory seen: what the process has for itself, without mapped files. */
  readonly peakAnonymousBytes: number;
}

/** A process that did not end well; its standard error says why. */
export class MeasuredRunError extends Error {
  constructor(
    readonly exitCode: number | null,
    readonly signal: NodeJS.Signals | null,
    readonly stderr: string,
  ) {
    super(`ended with ${signal ?? exitCode ?? 'nothing'}: ${reasonIn(stderr)}`);
  }
}

/** The line that names the error, which Node prints before the stack; else the last one. */
function reasonIn(stderr: string): string {
  const lines = stderr.trim().split('\n');
  return lines.find((line) => /^\w*Error\b/.test(line)) ?? lines.at(-1) ?? '';
}

/** Runs a Node program to its end and measures it. Throws {@link MeasuredRunError}. */
export async function runMeasured(args: readonly string[]): Promise<MeasuredRun> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const running = new AbortController();
  const usage = watchUsage(child.pid as number, running.signal);
  const [stdout, stderr, [exitCode, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    ended.finally(() => running.abort()),
  ]);
  const seconds = (performance.now() - startedAt) / 1000;
  if (exitCode !== 0) throw new MeasuredRunError(exitCode, signal, stderr);
  return { stdout, seconds, ...(await usage) };
}

type Usage = Pick<MeasuredRun, 'cpuSeconds' | 'peakBytes' | 'peakAnonymousBytes'>;

/** The last reading before the process ended holds its peak and its time but for one interval. */
async function watchUsage(pid: number, stopped: AbortSignal): Promise<Usage> {
  const usage = { cpuSeconds: 0, peakBytes: 0, peakAnonymousBytes: 0 };
  while (!stopped.aborted) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(ignoreEnded);
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(ignoreEnded);
    if (status !== undefined && stat !== undefined && status.includes('VmHWM')) {
      usage.peakBytes = kilobytesOf(status, 'VmHWM') * 1024;
      usage.peakAnonymousBytes = Math.max(usage.peakAnonymousBytes, kilobytesOf(status, 'RssAnon') * 1024);
      usage.cpuSeconds = ticksOf(stat) / TICKS_PER_SECOND;
    }
    await delay(POLL_INTERVAL_MS);
  }
  return usage;
}

function kilobytesOf(status: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]);
}

/** utime and stime: the 12th and 13th field after the name, which may hold spaces. */
function ticksOf(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

/** A process that is gone, or about to be, has nothing to read. */
function ignoreEnded(error: unknown): undefined {
  const isEnded =
    error instanceof Error && 'code' in error && ['ENOENT', 'ESRCH'].includes(String(error.code));
  if (!isEnded) throw error;
}
