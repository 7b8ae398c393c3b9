import { Worker } from 'bullmq';
import { type Redis } from 'ioredis';
import { v7 as uuidv7 } from 'uuid';
import { closeWorker } from '../close-worker.js';
import { drainWithin } from '../drain-within.js';
import { JobReader } from '../job-store/job-reader.js';
import { logWorkerErrors } from '../log-queue-errors.js';
import { retryDelayMs } from '../retry.js';
import { connectRedis, keyRootOf, pingRedis } from '../redis-client.js';
import {
  type WebhookConsumer,
  type WebhookConsumerOptions,
  type WebhookTimings,
} from '../webhook-consumer.js';
import { DeliveryRunner } from './delivery-runner.js';
import { OutboxRelay } from './outbox-relay.js';
import { WEBHOOK_QUEUE, type WebhookEntryData } from './webhook-entry.js';

const TIMINGS: WebhookTimings = { lockDurationMs: 30_000, claimAfterMs: 30_000 };
/** Times that a delivery may take its dispatcher down with it. */
const MAX_STALLED_COUNT = 10;

/**
 * Starts relaying the outbox and delivering events. Any number of dispatchers may do so at the same time.
 * @throws {RedisUnavailableError} when Redis cannot be reached now; later outages are waited out
 */
export async function startWebhookConsumer(options: WebhookConsumerOptions): Promise<WebhookConsumer> {
  const { connection } = options;
  const root = keyRootOf(connection);
  const consumerId = uuidv7();
  const logger = options.logger.child({ consumerId });
  const timings = { ...TIMINGS, ...options.timings };
  const redis = await connectRedis(connection, 'patient', logger);
  try {
    const blockingRedis = await connectRedis(connection, 'patient', logger);
    const { claimAfterMs } = timings;
    const relay = new OutboxRelay({ redis, blockingRedis, root, consumerId, logger, claimAfterMs });
    const runner = new DeliveryRunner(options, new JobReader(redis, root), logger);
    const worker = startWorker({ ...options, logger, timings }, { redis, root, runner });
    return new RunningWebhookConsumer(logger, { redis, relay, runner, worker });
  } catch (error) {
    redis.disconnect();
    throw error;
  }
}

type DeliveryWorker = Worker<WebhookEntryData, void>;

function startWorker(
  { concurrency, logger, timings }: WebhookConsumerOptions & { timings: WebhookTimings },
  { redis, root, runner }: { redis: Redis; root: string; runner: DeliveryRunner },
): DeliveryWorker {
  const worker: DeliveryWorker = new Worker(WEBHOOK_QUEUE, (entry, token) => runner.run(entry, token), {
    connection: redis,
    prefix: root,
    concurrency,
    lockDuration: timings.lockDurationMs,
    stalledInterval: timings.lockDurationMs / 2,
    maxStalledCount: MAX_STALLED_COUNT,
    settings: { backoffStrategy: (_attemptsMade, _type, error) => retryDelayMs(error) },
  });
  logWorkerErrors(worker, redis, logger);
  worker.on('lockRenewalFailed', (eventIds) => {
    for (const eventId of eventIds) runner.abort(eventId);
  });
  return worker;
}

interface Parts {
  readonly redis: Redis;
  readonly relay: OutboxRelay;
  readonly runner: DeliveryRunner;
  readonly worker: DeliveryWorker;
}

class RunningWebhookConsumer implements WebhookConsumer {
  private drained: Promise<void> | undefined;

  constructor(
    private readonly logger: WebhookConsumerOptions['logger'],
    private readonly parts: Parts,
  ) {}

  ping(): Promise<void> {
    return pingRedis(this.parts.redis);
  }

  drain(timeoutMs: number): Promise<void> {
    this.drained ??= this.drainOnce(timeoutMs);
    return this.drained;
  }

  private async drainOnce(timeoutMs: number): Promise<void> {
    const { redis, relay, runner, worker } = this.parts;
    runner.stopTaking();
    const idle = runner.whenIdle();
    const isClosed = await drainWithin(timeoutMs, {
      closed: Promise.allSettled([relay.stop(), closeWorker(worker, redis, idle)]),
      idle,
      abort: () => runner.abortAll(),
    });
    if (!isClosed) this.logger.error('gave up draining; active deliveries return when their locks end');
    redis.disconnect();
  }
}
