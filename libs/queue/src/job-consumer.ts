import type { JobRecord, ServedModel, TokenLogprob } from '@tessera/contracts';
import type { Logger } from '@tessera/observability';
import type { Turns } from './consumer/turns.js';
import type { QueueConnection } from './connection.js';
import type { AttemptResult } from './job-queue.js';

/** What a worker holds while it answers a job; every write is refused once the attempt is no longer the job's own. */
export interface JobAttempt {
  readonly record: JobRecord;
  /**
   * Aborted when the job is cancelled or expires, its execution timeout passes, the lock is lost, or the consumer hands
   * the job back. The handler stops and rejects; the consumer knows why it aborted and records that.
   */
  readonly signal: AbortSignal;
  /** Appends text to the job's event stream. @param of which choice, 0 if absent, and its tokens' log probabilities */
  publishText(
    delta: string,
    of?: { readonly choice?: number; readonly logprobs?: readonly TokenLogprob[] },
  ): Promise<void>;
  /** Notes how many tokens the attempt has used so far: they are its owner's though it comes to no answer. */
  noteUsage(totalTokens: number): void;
}

export interface JobConsumerOptions {
  readonly connection: QueueConnection;
  /** Its id names the queue; announced to the API for as long as the consumer runs. */
  readonly model: ServedModel;
  /** Attempts at a time. */
  readonly concurrency: number;
  readonly lockDurationMs: number;
  readonly logger: Logger;
  /**
   * Answers one job. A returned failure is recorded with its code, and tried again where the error is retryable and
   * attempts are left; a rejection that the signal does not explain is recorded as `internal_error`.
   */
  readonly handle: (attempt: JobAttempt) => Promise<AttemptResult>;
  /** Delay before the attempt after a first failure, doubled with each further one up to `longestMs`; half is jitter. */
  readonly retryBackoff?: { readonly firstMs: number; readonly longestMs: number };
  /** Shared with whatever else runs in this worker, so that a suspect runs alone; absent: jobs are all there is. */
  readonly turns?: Turns;
  /** Time between the signs of life that keep the model announced. */
  readonly heartbeatMs?: number;
}

/** A worker's end of a model's queue: one processor promise per queue entry, locks renewed by BullMQ. */
export interface JobConsumer {
  /** Attempts under way. */
  readonly activeCount: number;
  /** Whether Redis answers. */
  ping(): Promise<void>;
  /**
   * Takes no more entries, withdraws the model's announcement, waits for what is active, and after `timeoutMs` aborts
   * the rest and hands it back without using up an attempt or a stall. Then closes the connections.
   */
  drain(timeoutMs: number): Promise<{ finishedCount: number; handedBackCount: number }>;
}
