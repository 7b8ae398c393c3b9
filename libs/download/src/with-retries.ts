import { setTimeout as delay } from 'node:timers/promises';
import { TransientTransferError } from './errors.js';

/** How long a hub that fails is borne with. */
export interface Retries {
  /** Attempts after the first one, or after the last one that got further. */
  readonly count: number;
  /** Before the second attempt; it doubles from one attempt to the next. */
  readonly firstDelayMs: number;
  readonly signal: AbortSignal;
  /** Told before each further attempt. */
  readonly onRetry: (retry: Retry) => void;
}

/** An attempt failed, and there will be another one. */
export interface Retry {
  readonly reason: string;
  readonly delayMs: number;
}

const LONGEST_DELAY_MS = 30_000;
/** A hub that asks for a longer pause is asked again by a person, not by us. */
const LONGEST_RETRY_AFTER_MS = 600_000;

/**
 * Runs `attempt` until it succeeds, fails for good, or the retries are used up. `Retry-After` is honoured.
 * @param hasAdvanced whether the attempt that just failed got further than any before: the count then begins anew
 */
export async function withRetries<Result>(
  { count, firstDelayMs, signal, onRetry }: Retries,
  attempt: () => Promise<Result>,
  hasAdvanced: () => boolean = () => false,
): Promise<Result> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (hasAdvanced()) failures = 1;
      if (!isWorthRetrying(error) || failures > count) throw error;
      const delayMs = error.retryAfterMs ?? backoffMs(firstDelayMs, failures);
      onRetry({ reason: error.message, delayMs });
      await pause(delayMs, signal);
    }
  }
}

/** Up to half as long again, so that many clients of one hub do not come back together. */
function backoffMs(firstDelayMs: number, failures: number): number {
  return Math.min(firstDelayMs * 2 ** (failures - 1), LONGEST_DELAY_MS) * (1 + Math.random() / 2);
}

async function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(delayMs, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

function isWorthRetrying(error: unknown): error is TransientTransferError {
  return error instanceof TransientTransferError && (error.retryAfterMs ?? 0) <= LONGEST_RETRY_AFTER_MS;
}
