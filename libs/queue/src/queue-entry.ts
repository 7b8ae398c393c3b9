import { type Logger } from '@tessera/observability';
import { type JobsOptions } from 'bullmq';
import { type Redis } from 'ioredis';
import { v7 as uuidv7 } from 'uuid';
import { EntryQueues } from './entry-queues.js';
import { callRedis } from './redis-client.js';

const SECONDS_PER_DAY = 86_400;

/** Name of the queue entries that bring a worker a job. */
export const JOB_ENTRY_NAME = 'image-question.answer';

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

/** Adds queue entries; one BullMQ queue per model. An entry calls a worker: which job it gets is decided when it takes it. */
export class JobQueues {
  private readonly queues: EntryQueues<object>;

  constructor(redis: Redis, root: string, logger: Logger) {
    this.queues = new EntryQueues(redis, root, logger);
  }

  /** Adds an entry. One too many does no harm: it finds no job. */
  async addEntry(model: string): Promise<void> {
    // An id of its own, since BullMQ's counter could give one out again should Redis lose it.
    const options = { ...ENTRY_OPTIONS, jobId: uuidv7(), removeOnComplete: true };
    const queue = this.queues.named(queueNameOf(model));
    await callRedis('add the queue entry', () => queue.add(JOB_ENTRY_NAME, {}, options));
  }

  close(): Promise<void> {
    return this.queues.close();
  }
}
