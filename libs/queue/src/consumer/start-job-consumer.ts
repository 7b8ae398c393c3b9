import { Worker } from 'bullmq';
import { type Redis } from 'ioredis';
import { v7 as uuidv7 } from 'uuid';
import { Announcement } from '../announcements.js';
import { closeWorker } from '../close-worker.js';
import { drainWithin } from '../drain-within.js';
import { type JobConsumer, type JobConsumerOptions } from '../job-consumer.js';
import { logWorkerErrors } from '../log-queue-errors.js';
import { JobQueues, queueNameOf } from '../queue-entry.js';
import { connectRedis, keyRootOf, pingRedis } from '../redis-client.js';
import { retryDelayMs } from '../retry.js';
import { subscribe, type Subscription } from '../subscription.js';
import { AttemptRegistry } from './attempt-registry.js';
import { AttemptRunner } from './attempt-runner.js';
import { defineAttemptScripts } from './attempt-scripts.js';
import { Turns } from './turns.js';

/** Stalls that BullMQ allows: the job's record counts crashes, and ends the job, long before. */
const MAX_STALLED_COUNT = 1_000_000;
const RETRY_BACKOFF = { firstMs: 1_000, longestMs: 60_000 };
const HEARTBEAT_MS = 5_000;

/**
 * Starts taking jobs of one model, and announces the model.
 * @throws {RedisUnavailableError} when Redis cannot be reached now; later outages are waited out
 */
export async function startJobConsumer(options: JobConsumerOptions): Promise<JobConsumer> {
  const { connection } = options;
  const root = keyRootOf(connection);
  const consumerId = uuidv7();
  const logger = options.logger.child({ consumerId, model: options.model.id });
  const redis = await connectRedis(connection, 'patient', logger);
  const registry = new AttemptRegistry(redis, root, logger);
  let aborts: Subscription | undefined;
  try {
    aborts = await subscribe(connection, `${root}:aborts`, {
      logger,
      onMessage: (message) => registry.receive(message),
      onResubscribed: () => void registry.recheck(),
    });
    const { model, heartbeatMs = HEARTBEAT_MS } = options;
    const announcement = await Announcement.publish(redis, root, { consumerId, model, heartbeatMs, logger });
    const queues = new JobQueues(redis, root, logger);
    const runner = new AttemptRunner({
      scripts: defineAttemptScripts(redis, root, model.id),
      addEntry: () => queues.addEntry(model.id),
      registry,
      logger,
      handle: options.handle,
      retryBackoff: options.retryBackoff ?? RETRY_BACKOFF,
      turns: options.turns ?? new Turns(),
    });
    const worker = startWorker({ ...options, logger }, { redis, root, runner, registry });
    return new RunningConsumer(logger, { redis, registry, runner, worker, queues, aborts, announcement });
  } catch (error) {
    aborts?.close();
    redis.disconnect();
    throw error;
  }
}

type JobWorker = Worker<object, void>;

function startWorker(
  { model, concurrency, lockDurationMs, logger }: JobConsumerOptions,
  parts: { redis: Redis; root: string; runner: AttemptRunner; registry: AttemptRegistry },
): JobWorker {
  const { runner, registry } = parts;
  const worker: JobWorker = new Worker(queueNameOf(model.id), (entry, token) => runner.run(entry, token), {
    connection: parts.redis,
    prefix: parts.root,
    concurrency,
    lockDuration: lockDurationMs,
    // A dead worker's job is taken up at the second check after its lock has expired.
    stalledInterval: lockDurationMs / 2,
    maxStalledCount: MAX_STALLED_COUNT,
    settings: { backoffStrategy: (_attemptsMade, _type, error) => retryDelayMs(error) },
  });
  logWorkerErrors(worker, parts.redis, logger);
  worker.on('stalled', (entryId) => logger.warn({ entryId }, 'a job has lost its worker and waits again'));
  worker.on('lockRenewalFailed', (entryIds) => {
    for (const entryId of entryIds) registry.loseEntry(entryId);
  });
  return worker;
}

interface Parts {
  readonly redis: Redis;
  readonly registry: AttemptRegistry;
  readonly runner: AttemptRunner;
  readonly worker: JobWorker;
  readonly queues: JobQueues;
  readonly aborts: Subscription;
  readonly announcement: Announcement;
}

class RunningConsumer implements JobConsumer {
  private drained: ReturnType<JobConsumer['drain']> | undefined;

  constructor(
    private readonly logger: JobConsumerOptions['logger'],
    private readonly parts: Parts,
  ) {}

  get activeCount(): number {
    return this.parts.registry.size;
  }

  ping(): Promise<void> {
    return pingRedis(this.parts.redis);
  }

  drain(timeoutMs: number): ReturnType<JobConsumer['drain']> {
    this.drained ??= this.drainOnce(timeoutMs);
    return this.drained;
  }

  private async drainOnce(timeoutMs: number): ReturnType<JobConsumer['drain']> {
    const { redis, registry, runner, aborts } = this.parts;
    const finishedBefore = runner.finishedCount;
    runner.stopTaking();
    const isClosed = await drainWithin(timeoutMs, {
      closed: this.close(),
      idle: registry.whenIdle(),
      abort: () => registry.abortAll('draining'),
    });
    if (!isClosed)
      this.logger.error(
        { activeCount: registry.size },
        'gave up draining; active jobs return when their locks end',
      );
    aborts.close();
    redis.disconnect();
    return { finishedCount: runner.finishedCount - finishedBefore, handedBackCount: runner.handedBackCount };
  }

  /** Ends when the last attempt has; BullMQ takes nothing more from its beginning on. */
  private async close(): Promise<void> {
    const { worker, queues, announcement, redis, registry } = this.parts;
    const results = await Promise.allSettled([
      closeWorker(worker, redis, registry.whenIdle()).then(() => queues.close()),
      announcement.withdraw(),
    ]);
    for (const result of results)
      if (result.status === 'rejected')
        this.logger.warn({ err: result.reason as unknown }, 'could not close the consumer in order');
  }
}
