import { TesseraError } from '@tessera/contracts';

/** An owner would pass one of its limits. */
export abstract class LimitExceededError extends TesseraError {
  /** Time after which the request may pass, if the owner lets it; absent where nobody can say. */
  abstract readonly retryAfterMs: number | undefined;
}

export class RateLimitExceededError extends LimitExceededError {
  readonly code = 'rate_limit_exceeded';

  constructor(
    readonly requestsPerSecond: number,
    readonly retryAfterMs: number,
  ) {
    super(
      `at most ${requestsPerSecond} requests a second may be sent, and more were; the next passes in ${retryAfterMs} ms`,
    );
  }
}

/** When a request under way ends, only its sender knows. */
const NEXT_LOOK_MS = 1_000;

export class TooManyConcurrentRequestsError extends LimitExceededError {
  readonly code = 'too_many_concurrent_requests';
  readonly retryAfterMs = NEXT_LOOK_MS;

  constructor(
    readonly limit: number,
    readonly underWay: number,
  ) {
    super(`at most ${limit} requests may be under way at a time, ${underWay} are now`);
  }
}

export class TokenQuotaExceededError extends LimitExceededError {
  readonly code = 'insufficient_quota';

  constructor(
    readonly tokensPerDay: number,
    readonly usedTokens: number,
    readonly retryAfterMs: number,
  ) {
    super(`at most ${tokensPerDay} tokens may be used between midnights UTC, ${usedTokens} are used today`);
  }
}

/** Jobs of a full queue begin one by one. */
const QUEUE_RETRY_MS = 10_000;

export class QueuedJobsExceededError extends LimitExceededError {
  readonly code = 'queued_jobs_exceeded';
  readonly retryAfterMs = QUEUE_RETRY_MS;

  constructor(
    readonly limit: number,
    readonly waitingJobCount: number,
  ) {
    super(`at most ${limit} jobs may wait for a worker under this key, ${waitingJobCount} do now`);
  }
}

/** How long a batch takes nobody knows: nothing is said about when to come back. */
export class OpenBatchesExceededError extends LimitExceededError {
  readonly code = 'open_batches_exceeded';
  readonly retryAfterMs = undefined;

  constructor(
    readonly limit: number,
    readonly openBatches: number,
  ) {
    super(`at most ${limit} batches of this key may be open at a time, ${openBatches} are now`);
  }
}

/** As for open batches, nobody knows when. */
export class QueuedRowsExceededError extends LimitExceededError {
  readonly code = 'queued_rows_exceeded';
  readonly retryAfterMs = undefined;

  constructor(
    readonly limit: number,
    readonly queuedRows: number,
  ) {
    super(`at most ${limit} rows of batches may be waiting or running under this key, ${queuedRows} are now`);
  }
}
