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

  /** Runs `work` when its turn has come. */
  async run<T>(priority: Priority, work: () => Promise<T>): Promise<T> {
    const leave = await this.enter(priority);
    try {
      return await work();
    } finally {
      leave();
    }
  }

  /**
   * Resolves, when the turn of some work has come, with the function that ends it; to be called once.
   * Rejects with the signal's reason when that aborts before.
   */
  enter(priority: Priority, signal?: AbortSignal): Promise<() => void> {
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
        resolve(() => this.leave());
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      waiting.add(begin);
      this.admitWaiting();
    });
  }

  private leave(): void {
    this.runningCount -= 1;
    this.admitWaiting();
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
