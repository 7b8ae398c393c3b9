export interface BackoffLimits {
  /** Wait before the first restart. */
  readonly firstMs: number;
  /** Longest wait; each one is twice the one before. */
  readonly maxMs: number;
  /** A process that lived this long was healthy: the next wait is the first one again. */
  readonly resetAfterMs: number;
}

export const RESTART_BACKOFF: BackoffLimits = { firstMs: 250, maxMs: 10_000, resetAfterMs: 60_000 };

/** How long to wait before a process is started again. */
export class Backoff {
  #nextMs: number;

  constructor(private readonly limits: BackoffLimits) {
    this.#nextMs = limits.firstMs;
  }

  /** The wait after a process that lived `livedMs`. */
  delayAfter(livedMs: number): number {
    const { firstMs, maxMs, resetAfterMs } = this.limits;
    const delayMs = livedMs >= resetAfterMs ? firstMs : this.#nextMs;
    this.#nextMs = Math.min(delayMs * 2, maxMs);
    return delayMs;
  }
}
