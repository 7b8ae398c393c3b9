import { Worker } from 'bullmq';
import { type Redis } from 'ioredis';
import { closeWorker } from '../close-worker.js';
import { drainWithin } from '../drain-within.js';
import { logWorkerErrors } from '../log-queue-errors.js';
import { connectRedis, keyRootOf } from '../redis-client.js';
import { retryDelayMs } from '../retry.js';
import { subscribe } from '../subscription.js';
import { type ChunkConsumer, type ChunkConsumerOptions } from './chunk-consumer.js';
import { type ChunkEntryData, chunkQueueNameOf } from './chunk-queues.js';
import { ChunkRunner } from './chunk-runner.js';

/** Stalls that BullMQ allows: rows that kill their worker end long before. */
const MAX_STALLED_COUNT = 1_000_000;

type ChunkWorker = Worker<ChunkEntryData, void>;

/**
 * Starts taking chunks of one model's batches.
 * @throws {RedisUnavailableError} when Redis cannot be reached now; later outages are waited out
 */
export async function startChunkConsumer(options: ChunkConsumerOptions): Promise<ChunkConsumer> {
  const { connection } = options;
  const root = keyRootOf(connection);
  const logger = options.logger.child({ model: options.model.id });
  const redis = await connectRedis(connection, 'patient', logger);
  try {
    const runner = new ChunkRunner({ ...options, logger }, { redis, root });
    const aborts = await subscribe(connection, `${root}:aborts`, {
      logger,
      onMessage: (message) => runner.receive(message),
      onResubscribed: () => void runner.recheck(),
    });
    const worker = startWorker({ ...options, logger }, { redis, root, runner });
    return new RunningChunkConsumer({ redis, runner, worker, closeAborts: () => aborts.close(), logger });
  } catch (error) {
    redis.disconnect();
    throw error;
  }
}

function startWorker(
  { model, concurrency, lockDurationMs, logger }: ChunkConsumerOptions,
  { redis, root, runner }: { redis: Redis; root: string; runner: ChunkRunner },
): ChunkWorker {
  const worker: ChunkWorker = new Worker(
    chunkQueueNameOf(model.id),
    (entry, lockToken) => runner.run(entry, lockToken),
    {
      connection: redis,
      prefix: root,
      concurrency,
      lockDuration: lockDurationMs,
      // A dead worker's chunk is taken up at the second check after its lock has expired.
      stalledInterval: lockDurationMs / 2,
      maxStalledCount: MAX_STALLED_COUNT,
      settings: { backoffStrategy: (_attemptsMade, _type, error) => retryDelayMs(error) },
    },
  );
  logWorkerErrors(worker, redis, logger);
  worker.on('stalled', (entryId) => logger.warn({ entryId }, 'a chunk has lost its worker and waits again'));
  worker.on('lockRenewalFailed', (entryIds) => runner.lose(entryIds));
  return worker;
}

interface RunningParts {
  readonly redis: Redis;
  readonly runner: ChunkRunner;
  readonly worker: ChunkWorker;
  readonly closeAborts: () => void;
  readonly logger: ChunkConsumerOptions['logger'];
}

class RunningChunkConsumer implements ChunkConsumer {
  private drained: Promise<void> | undefined;

  constructor(private readonly parts: RunningParts) {}

  get activeCount(): number {
    return this.parts.runner.active.size;
  }

  drain(timeoutMs: number): Promise<void> {
    this.drained ??= this.drainOnce(timeoutMs);
    return this.drained;
  }

  private async drainOnce(timeoutMs: number): Promise<void> {
    const { redis, runner, worker, closeAborts, logger } = this.parts;
    runner.stopTaking();
    const isClosed = await drainWithin(timeoutMs, {
      closed: closeWorker(worker, redis, runner.active.whenIdle()).catch((err: unknown) =>
        logger.warn({ err }, 'could not close the consumer of chunks in order'),
      ),
      idle: runner.active.whenIdle(),
      abort: () => runner.abortAll(),
    });
    if (!isClosed) logger.error('gave up draining; active chunks return when their locks end');
    closeAborts();
    redis.disconnect();
  }
}
