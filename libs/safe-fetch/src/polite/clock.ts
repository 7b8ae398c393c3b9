import { setTimeout as sleep } from 'node:timers/promises';

/** Time, which tests control. */
export interface Clock {
  /** Milliseconds that only go up. */
  nowMs(): number;
  /** Rejects with the reason of `signal` when it aborts. */
  wait(ms: number, signal: AbortSignal | undefined): Promise<void>;
}

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  async wait(ms, signal) {
    try {
      await sleep(Math.ceil(ms), undefined, { signal });
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  },
};
