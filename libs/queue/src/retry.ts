/** Thrown by a processor so that BullMQ runs the entry again after the delay. */
export class RetryLaterError extends Error {
  constructor(
    readonly delayMs: number,
    reason: string,
  ) {
    super(reason);
    this.name = 'RetryLaterError';
  }
}

/** Delay of an entry whose processor failed in a way that nobody foresaw. */
const UNFORESEEN_RETRY_MS = 5_000;

/** The `backoffStrategy` of our workers. */
export function retryDelayMs(error: Error | undefined): number {
  return error instanceof RetryLaterError ? Math.round(error.delayMs) : withJitter(UNFORESEEN_RETRY_MS, 0.5);
}

/** Shortens a delay by a random share of at most `share`, so that what failed together is not tried together. */
export function withJitter(delayMs: number, share: number): number {
  return Math.round(delayMs * (1 - share * Math.random()));
}
