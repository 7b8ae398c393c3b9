import { readFileSync } from 'node:fs';
import { type Redis } from 'ioredis';

/** The memory of a process over time. Linux only. */
export class ProcessMemory {
  readonly samples: number[] = [];

  constructor(
    readonly name: string,
    private readonly pid: () => number | undefined,
  ) {}

  sample(): void {
    const pid = this.pid();
    if (pid === undefined) throw new Error(`${this.name} does not run`);
    const resident = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    if (resident === undefined) throw new Error(`/proc tells nothing of the memory of ${this.name}`);
    this.samples.push(Number(resident) * 1024);
  }
}

/** Most bytes that Redis has used for its data so far. */
export async function redisPeakBytes(redis: Redis): Promise<number> {
  const peak = /^used_memory_peak:(\d+)/m.exec(await redis.info('memory'))?.[1];
  if (peak === undefined) throw new Error('Redis does not say how much memory it used');
  return Number(peak);
}
