import { randomBytes } from 'node:crypto';
import { type Answer, type JobError, type JobRecord, type ServedModel } from '@tessera/contracts';
import { createLogger } from '@tessera/observability';
import {
  type JobConsumerOptions,
  type JobStore,
  openJobStore,
  openWebhookIndex,
  type QueueConnection,
  startJobConsumer,
  startJobUpkeep,
  startWebhookConsumer,
  type JobStoreOptions,
  type JobUpkeepOptions,
  type WebhookConsumerOptions,
  type WebhookIndex,
} from '@tessera/queue';
import { startTestRedis, type TestRedis, uniquePrefix } from '@tessera/testing';
import { Redis } from 'ioredis';
import { CuttableProxy } from './cuttable-proxy.js';

/** Whose every job is, unless a test says otherwise. */
export const OWNER_ID = 'key_1';

export const MODEL_ID = 'org/tiny:v1';

export const logger = createLogger({ name: 'test', level: 'silent' });

export const servedModel: ServedModel = {
  id: MODEL_ID,
  revision: 'r1',
  contextTokens: 2048,
  tokensPerTile: 4,
  tileSizePixels: 56,
  defaultMaxTiles: 6,
  precision: 'fp32',
  device: 'cpu',
};

export const answer: Answer = {
  output: { text: 'A cat.', finish_reason: 'stop' },
  usage: {
    prompt_tokens: 9,
    completion_tokens: 2,
    total_tokens: 11,
    prompt_tokens_details: { cached_tokens: 0, image_tokens: 4 },
  },
  tiles: [{ columns: 1, rows: 1, tiles: 1, width: 8, height: 8 }],
  timings: {
    queue_ms: 1,
    fetch_ms: 1,
    preprocess_ms: 1,
    vision_ms: 1,
    prefill_ms: 1,
    decode_ms: 1,
    total_ms: 6,
  },
  model: { id: MODEL_ID, revision: 'r1' },
};

export const transientError: JobError = {
  code: 'engine_failed',
  message: 'the device hiccuped',
  retryable: true,
};
export const permanentError: JobError = {
  code: 'image_unreadable',
  message: 'not an image',
  retryable: false,
};

export function newRecord(changes: Partial<JobRecord> = {}): JobRecord {
  return {
    id: `job_${randomBytes(16).toString('hex')}`,
    ownerId: OWNER_ID,
    weight: 1,
    status: 'queued',
    request: { model: MODEL_ID, messages: [], images: [] },
    metadata: {},
    baseUrl: 'http://localhost:8080',
    createdAtMs: Date.now(),
    maxAttempts: 3,
    attempts: 0,
    requestId: 'request-1',
    cancelRequested: false,
    ...changes,
  };
}

/** A promise with its ends outside. */
export function deferred<T = void>() {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}

/** Rejects when the signal aborts, as a handler that honours its signal does. */
export function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}

/** One Redis for a test file; what a test opens on it is closed by {@link QueueBench.closeAll}. */
export class QueueBench {
  private readonly closers: (() => Promise<unknown>)[] = [];
  private readonly restorers: (() => Promise<unknown>)[] = [];

  private constructor(readonly testRedis: TestRedis) {}

  static async start(): Promise<QueueBench> {
    return new QueueBench(await startTestRedis());
  }

  /** Keys of one test. */
  newConnection(): QueueConnection {
    return { url: this.testRedis.url, prefix: uniquePrefix('queue') };
  }

  /** The same keys, by a way that can be cut. Restored at the end, so that everything can close. */
  async cuttable(connection: QueueConnection) {
    const proxy = await CuttableProxy.start(this.testRedis.port);
    let isCut = false;
    const restore = async () => {
      if (isCut) await proxy.restore();
      isCut = false;
    };
    this.closers.push(() => proxy.cut());
    this.restorers.push(restore);
    return {
      connection: { ...connection, url: proxy.url },
      restore,
      cut: async () => {
        isCut = true;
        await proxy.cut();
      },
    };
  }

  /** A client beside the ones under test, to look and to meddle. */
  client(): Redis {
    const redis = new Redis(this.testRedis.url, { maxRetriesPerRequest: null });
    redis.on('error', () => undefined);
    this.closers.push(async () => redis.disconnect());
    return redis;
  }

  async store(connection: QueueConnection, options: Partial<JobStoreOptions> = {}): Promise<JobStore> {
    const store = await openJobStore({
      connection,
      logger,
      maxWaitingJobs: 100,
      retentionSeconds: 600,
      ...options,
    });
    this.closers.push(() => store.close());
    return store;
  }

  async consumer(
    connection: QueueConnection,
    options: Pick<JobConsumerOptions, 'handle'> & Partial<JobConsumerOptions>,
  ) {
    const consumer = await startJobConsumer({
      connection,
      logger,
      model: servedModel,
      concurrency: 4,
      lockDurationMs: 30_000,
      retryBackoff: { firstMs: 10, longestMs: 20 },
      ...options,
    });
    this.closers.push(() => consumer.drain(0));
    return consumer;
  }

  async upkeep(connection: QueueConnection, options: Partial<JobUpkeepOptions> = {}) {
    const upkeep = await startJobUpkeep({
      connection,
      logger,
      removeObjects: async () => undefined,
      storedJobIds: async function* () {},
      removeOrphan: async () => undefined,
      ...options,
      timings: {
        expireEveryMs: 20,
        enqueueEveryMs: 20,
        removeEveryMs: 20,
        reconcileEveryMs: 20,
        sweepEveryMs: 20,
        orphanAfterMs: 0,
        ...options.timings,
      },
    });
    this.closers.push(() => upkeep.stop());
    return upkeep;
  }

  async webhooks(
    connection: QueueConnection,
    options: Pick<WebhookConsumerOptions, 'deliver'> & Partial<WebhookConsumerOptions>,
  ) {
    const consumer = await startWebhookConsumer({
      connection,
      logger,
      maxReceivers: 8,
      scheduleMs: [0, 10, 10],
      giveUp: { failedEvents: 10, failingForMs: 86_400_000, waiting: 1_000 },
      log: { entries: 100, ageMs: 86_400_000 },
      endpoints: await this.noEndpoints(connection),
      ...options,
      timings: { lookEveryMs: 10, ...options.timings },
    });
    this.closers.push(() => consumer.drain(0));
    return consumer;
  }

  /** Registered endpoints as they are in Redis, without a store behind them. */
  async webhookIndex(connection: QueueConnection): Promise<WebhookIndex> {
    const index = await openWebhookIndex({ connection, logger });
    this.closers.push(() => index.close());
    return index;
  }

  /** A store in which there are none. */
  private async noEndpoints(connection: QueueConnection): Promise<WebhookConsumerOptions['endpoints']> {
    const index = await this.webhookIndex({ ...connection, url: this.testRedis.url });
    return { restore: () => index.markEndpointsKnown(), disable: async () => undefined };
  }

  /** Closes what tests have opened, last first. */
  async closeAll(): Promise<void> {
    for (const restore of this.restorers.splice(0)) await restore();
    for (const close of this.closers.splice(0).reverse()) await close();
  }

  async stop(): Promise<void> {
    await this.closeAll();
    await this.testRedis.stop();
  }
}
