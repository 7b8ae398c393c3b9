import { setTimeout as delay } from 'node:timers/promises';
import pRetry from 'p-retry';
import { ServiceRefusedError, ServiceUnreachableError } from './errors.js';

/** How long a command bears with a service that is down or full. */
export interface RetryPolicy {
  /** Attempts after the first one. */
  readonly retries: number;
  /** Whether it waits as long as it takes for a service that has too many jobs (429). */
  readonly waitsForRoom: boolean;
  /** Before the second attempt; it doubles from one attempt to the next. */
  readonly firstDelayMs: number;
}

/** A person waits: two more attempts. */
export const INTERACTIVE_RETRIES: RetryPolicy = { retries: 2, waitsForRoom: false, firstDelayMs: 500 };
/** For what must not be done twice. */
export const NO_RETRIES: RetryPolicy = { retries: 0, waitsForRoom: false, firstDelayMs: 0 };
/** About two minutes: longer than a restart of the service takes. */
export const BULK_RETRIES: RetryPolicy = { retries: 9, waitsForRoom: true, firstDelayMs: 500 };

const LONGEST_DELAY_MS = 20_000;

/** Runs `attempt` until it succeeds, fails for good, or the policy is used up. `Retry-After` is honoured. */
export function withRetries<T>(
  attempt: () => Promise<T>,
  { policy, signal }: { policy: RetryPolicy; signal?: AbortSignal | undefined },
): Promise<T> {
  return pRetry(attempt, {
    retries: policy.retries,
    minTimeout: policy.firstDelayMs,
    maxTimeout: LONGEST_DELAY_MS,
    randomize: true,
    signal,
    shouldRetry: ({ error }) => isTransient(error),
    shouldConsumeRetry: ({ error }) => !(policy.waitsForRoom && isFull(error)),
    onFailedAttempt: async ({ error, retriesLeft }) => {
      const waitMs = error instanceof ServiceRefusedError ? error.refusal.retryAfterMs : undefined;
      if (waitMs === undefined || !isTransient(error)) return;
      if (retriesLeft > 0 || (policy.waitsForRoom && isFull(error)))
        await delay(waitMs, undefined, { signal });
    },
  });
}

function isFull(error: Error): boolean {
  return error instanceof ServiceRefusedError && error.refusal.status === 429;
}

function isTransient(error: Error): boolean {
  if (error instanceof ServiceUnreachableError) return true;
  if (!(error instanceof ServiceRefusedError)) return false;
  const { status, shouldRetry } = error.refusal;
  return shouldRetry && (status >= 500 || status === 408 || status === 429);
}
