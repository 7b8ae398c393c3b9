import type { Logger } from '@tessera/observability';
import type { QueueConnection } from './connection.js';

export interface JobUpkeepOptions {
  readonly connection: QueueConnection;
  readonly logger: Logger;
  /** Removes what the object store holds of a job whose retention has passed. */
  readonly removeObjects: (jobId: string) => Promise<void>;
  /** Ids of the jobs whose inputs the object store holds; one may come more than once. */
  readonly storedJobIds: () => AsyncIterable<string>;
  /** Removes inputs of a job that was never made: whoever stored them died before it wrote the record. */
  readonly removeOrphan: (jobId: string) => Promise<void>;
  readonly timings?: Partial<UpkeepTimings>;
}

/** Milliseconds between the passes of upkeep. */
export interface UpkeepTimings {
  /** Jobs past their deadline expire. */
  readonly expireEveryMs: number;
  /** Jobs to be tried again whose time has come go back into line, and queue entries that are missing are added. */
  readonly enqueueEveryMs: number;
  /** Jobs whose retention has passed are removed. */
  readonly removeEveryMs: number;
  /** All open jobs are compared with BullMQ. */
  readonly reconcileEveryMs: number;
  /** The object store is compared with the records. */
  readonly sweepEveryMs: number;
  /** Time for which inputs must have been seen without a record before they are removed. */
  readonly orphanAfterMs: number;
}

/**
 * What has to happen although no client asks and no worker is there: jobs past their deadline expire, queue entries that
 * are missing are added, jobs whose entry BullMQ gave up end with `worker_crashed`, and finished jobs whose
 * retention has passed are removed with their objects, and so are objects of jobs that were never made. Several processes may run it at the same time.
 */
export interface JobUpkeep {
  ping(): Promise<void>;
  stop(): Promise<void>;
}
