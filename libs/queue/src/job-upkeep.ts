import type { Logger } from '@tessera/observability';
import type { QueueConnection } from './connection.js';

export interface JobUpkeepOptions {
  readonly connection: QueueConnection;
  readonly logger: Logger;
  /** Removes what the object store holds of a job whose retention has passed. */
  readonly removeObjects: (jobId: string) => Promise<void>;
  readonly timings?: Partial<UpkeepTimings>;
}

/** Milliseconds between the passes of upkeep. */
export interface UpkeepTimings {
  /** Jobs past their deadline expire. */
  readonly expireEveryMs: number;
  /** Jobs marked as lacking a queue entry get one. */
  readonly enqueueEveryMs: number;
  /** Age of a mark before it is acted on: whoever made it may be about to add the entry. */
  readonly enqueueAfterMs: number;
  /** Jobs whose retention has passed are removed. */
  readonly removeEveryMs: number;
  /** All open jobs are compared with BullMQ. */
  readonly reconcileEveryMs: number;
}

/**
 * What has to happen although no client asks and no worker is there: jobs past their deadline expire, open jobs whose
 * queue entry is missing get one, jobs whose entry BullMQ gave up end with `worker_crashed`, and finished jobs whose
 * retention has passed are removed with their objects. Several processes may run it at the same time.
 */
export interface JobUpkeep {
  ping(): Promise<void>;
  stop(): Promise<void>;
}
