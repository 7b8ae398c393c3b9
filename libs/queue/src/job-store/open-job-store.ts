import { type JobRecord } from '@tessera/contracts';
import { type Logger } from '@tessera/observability';
import { type Redis } from 'ioredis';
import { listServedModels } from '../announcements.js';
import { type QueueConnection } from '../connection.js';
import { type CreateJobOutcome, type JobStore, type NewJob } from '../job-queue.js';
import { JobQueues } from '../queue-entry.js';
import { connectRedis, keyRootOf, pingRedis } from '../redis-client.js';
import { JobNotifications } from './job-notifications.js';
import { JobReader } from './job-reader.js';
import { defineStoreScripts, type StoreScripts } from './store-scripts.js';
import { streamEvents } from './stream-events.js';
import { waitForFinal } from './wait-for-final.js';

export interface JobStoreOptions {
  readonly connection: QueueConnection;
  /** Jobs that may be queued; past it `createJob` answers `queue_full`. */
  readonly maxWaitingJobs: number;
  /** Time that a job is kept after its end. */
  readonly retentionSeconds: number;
  readonly logger: Logger;
}

/**
 * Opens the API's end of the job queues. Every method of the store rejects with `service_unavailable` at once while
 * Redis is away, and works again by itself when it is back.
 * @throws {RedisUnavailableError} when Redis cannot be reached now
 */
export async function openJobStore(options: JobStoreOptions): Promise<JobStore> {
  const { connection, logger } = options;
  const root = keyRootOf(connection);
  const redis = await connectRedis(connection, 'fail-fast', logger);
  try {
    const notifications = await JobNotifications.open(connection, logger);
    // Readers that looked while this client was still away look again.
    redis.on('ready', () => notifications.wakeAll());
    return toJobStore(options, { redis, root, notifications });
  } catch (error) {
    redis.disconnect();
    throw error;
  }
}

interface Parts {
  redis: Redis;
  root: string;
  notifications: JobNotifications;
}

function toJobStore(options: JobStoreOptions, { redis, root, notifications }: Parts): JobStore {
  const reader = new JobReader(redis, root);
  const scripts = defineStoreScripts(redis, root);
  const queues = new JobQueues(redis, root, options.logger);
  const servedModels = listServedModels(redis, root);
  const creator = new JobCreator(options, { scripts, queues });
  return {
    createJob: (job) => creator.create(job),
    findEarlierUse: (idempotency) => scripts.findEarlierUse(idempotency),
    getJob: (id) => reader.record(id),
    listJobs: (query) => scripts.listJobs(query),
    requestCancel: (id) => scripts.requestCancel(id),
    deleteJob: (id) => scripts.deleteJob(id),
    queuePosition: ({ id }) => scripts.queuePosition(id),
    waitForFinal: (id, wait) => waitForFinal({ reader, notifications }, id, wait),
    streamEvents: (id, range) => streamEvents({ reader, notifications }, id, range),
    servedModels,
    ping: () => pingRedis(redis),
    close: async () => {
      notifications.close();
      await queues.close();
      redis.disconnect();
    },
  };
}

class JobCreator {
  constructor(
    private readonly options: JobStoreOptions,
    private readonly parts: { scripts: StoreScripts; queues: JobQueues },
  ) {}

  /** Once its record is there the job is accepted: should an entry that it needs not come about, upkeep adds it. */
  async create(job: NewJob): Promise<CreateJobOutcome> {
    const outcome = await this.parts.scripts.createJob(job, this.options);
    if (outcome.kind !== 'created') return outcome;
    if (outcome.needsEntry) await this.addEntry(job.record);
    return { kind: 'created', record: job.record };
  }

  private async addEntry({ id, request }: JobRecord): Promise<void> {
    try {
      await this.parts.queues.addEntry(request.model);
    } catch (err) {
      this.options.logger.warn({ err, jobId: id }, 'upkeep will have to call a worker for the job');
    }
  }
}
