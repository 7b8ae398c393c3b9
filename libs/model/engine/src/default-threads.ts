import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';

const LINUX_CPUS = '/sys/devices/system/cpu';

/**
 * Threads for the inference engine: one per physical core, since two threads of one core share its vector units. Where
 * the system does not tell cores from threads, one per processor that it shows; never more than this process may use.
 */
export function defaultThreadCount(cpuDirectory = LINUX_CPUS): number {
  return Math.max(1, Math.min(physicalCoreCount(cpuDirectory) ?? Infinity, availableParallelism()));
}

/** Distinct sets of threads that share a core, as Linux lists them. */
function physicalCoreCount(cpuDirectory: string): number | undefined {
  try {
    const cpus = readdirSync(cpuDirectory).filter((name) => /^cpu\d+$/.test(name));
    const cores = new Set(
      cpus.map((cpu) =>
        readFileSync(path.join(cpuDirectory, cpu, 'topology', 'thread_siblings_list'), 'utf8'),
      ),
    );
    return cores.size === 0 ? undefined : cores.size;
  } catch (error) {
    // Other systems, and containers without /sys: the caller's fallback is right for them.
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}
