import { type Logger } from '@tessera/observability';
import { type JobsOptions } from 'bullmq';
import { type Redis } from 'ioredis';
import { EntryQueues } from './entry-queues.js';
import { callRedis } from './redis-client.js';

const SECONDS_PER_DAY = 86_400;
/** BullMQ lets normal entries (no priority) go before all that have one. */
const LOW_PRIORITY = 10;

/** Name of the queue entries that carry one job. */
export const JOB_ENTRY_NAME = 'image-question.answer';

/** What a queue entry carries: the record has the rest. */
export interface JobEntryData {
  jobId: string;
}

/** Queue of a model's jobs. Model ids may hold characters that BullMQ refuses in queue names, such as `:`. */
export function queueNameOf(model: string): string {
  return `${JOB_ENTRY_NAME}.${encodeURIComponent(model)}`;
}

/**
 * How often an entry may run is decided by the job's record, and how long it waits by {@link RetryLaterError}; BullMQ's
 * own limits only have to be out of the way.
 */
export const ENTRY_OPTIONS = {
  attempts: 1_000_000,
  backoff: { type: 'custom' },
  stackTraceLimit: 1,
  removeOnFail: { age: 7 * SECONDS_PER_DAY, count: 10_000 },
} as const satisfies JobsOptions;

/** Adds queue entries; one BullMQ queue per model. */
export class JobQueues {
  private readonly queues: EntryQueues<JobEntryData>;

  constructor(redis: Redis, root: string, logger: Logger) {
    this.queues = new EntryQueues(redis, root, logger);
  }

  /** Adds the job's entry. Does nothing where there is one already. */
  async add(job: { id: string; model: string; priority: 'normal' | 'low' }): Promise<void> {
    const options = {
      ...ENTRY_OPTIONS,
      jobId: job.id,
      // At once, so that the same job can have an entry again.
      removeOnComplete: true,
      ...(job.priority === 'low' ? { priority: LOW_PRIORITY } : {}),
    };
    const queue = this.queues.named(queueNameOf(job.model));
    await callRedis('add the queue entry', () => queue.add(JOB_ENTRY_NAME, { jobId: job.id }, options));
  }

  close(): Promise<void> {
    return this.queues.close();
  }
}
