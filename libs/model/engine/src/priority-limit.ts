import { type Priority } from './policy/priority.js';

/**
 * Bounds how much work runs at the same time. Work begins while less than its kind's number of places are taken, by work
 * of both kinds; interactive work that waits goes before all batch work, else first come, first served.
 */
export class PriorityLimit {
  private runningCount = 0;
  private readonly waiting: Record<Priority, Set<() => void>> = { interactive: new Set(), batch: new Set() };

  /** @param places for batch work no more than for interactive work; fewer leave the rest to that */
  constructor(private readonly places: Readonly<Record<Priority, number>>) {}

  /** Runs `work` when its turn has come; rejects with the signal's reason when that aborts before. */
  async run<T>(priority: Priority, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    await this.enter(priority, signal);
    try {
      return await work();
    } finally {
      this.runningCount -= 1;
      this.admitWaiting();
    }
  }

  private enter(priority: Priority, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason as Error);
      const waiting = this.waiting[priority];
      const onAbort = (): void => {
        waiting.delete(begin);
        reject(signal?.reason as Error);
      };
      const begin = (): void => {
        signal?.removeEventListener('abort', onAbort);
        this.runningCount += 1;
        resolve();
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      waiting.add(begin);
      this.admitWaiting();
    });
  }

  private admitWaiting(): void {
    this.admit('interactive');
    this.admit('batch');
  }

  private admit(priority: Priority): void {
    const waiting = this.waiting[priority];
    for (const begin of waiting) {
      if (this.runningCount >= this.places[priority]) return;
      waiting.delete(begin);
      begin();
    }
  }
}
