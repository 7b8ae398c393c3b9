import { type Logger } from '@tessera/observability';
import { type JobsOptions, Queue } from 'bullmq';
import { type Redis } from 'ioredis';
import { logQueueErrors } from './log-queue-errors.js';
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

/** Adds queue entries; one BullMQ queue per model, all over one client. */
export class JobQueues {
  private readonly queues = new Map<string, Queue<JobEntryData>>();

  constructor(
    private readonly redis: Redis,
    private readonly root: string,
    private readonly logger: Logger,
  ) {}

  /** Adds the job's entry. Does nothing where there is one already. */
  async add(job: { id: string; model: string; priority: 'normal' | 'low' }): Promise<void> {
    await callRedis('add the queue entry', () =>
      this.queueOf(job.model).add(
        JOB_ENTRY_NAME,
        { jobId: job.id },
        {
          ...ENTRY_OPTIONS,
          jobId: job.id,
          // At once, so that the same job can have an entry again.
          removeOnComplete: true,
          ...(job.priority === 'low' ? { priority: LOW_PRIORITY } : {}),
        },
      ),
    );
  }

  private queueOf(model: string): Queue<JobEntryData> {
    const name = queueNameOf(model);
    let queue = this.queues.get(name);
    if (queue === undefined) {
      // The version check would leave the queue broken for good if Redis went away during it.
      queue = new Queue<JobEntryData>(name, {
        connection: this.redis,
        prefix: this.root,
        skipVersionCheck: true,
      });
      logQueueErrors(queue, this.redis, this.logger);
      this.queues.set(name, queue);
    }
    return queue;
  }

  async close(): Promise<void> {
    await Promise.all([...this.queues.values()].map((queue) => queue.close()));
  }
}
