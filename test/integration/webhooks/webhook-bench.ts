import { randomBytes } from 'node:crypto';
import {
  ADMIN_OWNER_ID,
  type EventType,
  type JobRecord,
  type WebhookDeliveryRecord,
  type WebhookEndpointRecord,
} from '@tessera/contracts';
import { createLogger } from '@tessera/observability';
import {
  type BatchLedger,
  type GiveUpRule,
  type JobStore,
  openBatchLedger,
  openBatchStore,
  openJobStore,
  openWebhookIndex,
  type QueueConnection,
  startWebhookConsumer,
  type WebhookConsumer,
  type WebhookConsumerOptions,
  type WebhookIndex,
} from '@tessera/queue';
import { type ObjectStore, openFolderStore } from '@tessera/storage';
import { temporaryDirectory, type TestRedis, uniquePrefix } from '@tessera/testing';
import { EndpointStore, WebhookSender } from '@tessera/webhooks';
import { Redis } from 'ioredis';
import { vi } from 'vitest';
import { CuttableProxy } from '../queue/cuttable-proxy.js';
import { type Answer, TestReceiver, WAIT_MS } from './test-receiver.js';

export const OWNER_ID = ADMIN_OWNER_ID;
export const JOB_SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
export const MAX_ENDPOINTS = 3;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** That of the specification. */
export const SCHEDULE_MS = [
  ...[0, 5_000, 5 * MINUTE, 30 * MINUTE],
  ...[2, 5, 10, 14, 20, 24].map((hours) => hours * HOUR),
];

/** Endpoints, their receivers, what happens to jobs and batches, and dispatchers under a clock that the test moves. */
export class WebhookBench {
  /** How far the dispatchers' clock is ahead. */
  aheadMs = 0;
  readonly logLines: Record<string, unknown>[] = [];
  private readonly closers: (() => Promise<unknown>)[] = [];
  private readonly restorers: (() => Promise<unknown>)[] = [];

  private constructor(
    readonly connection: QueueConnection,
    readonly objectStore: ObjectStore,
    readonly index: WebhookIndex,
    private readonly stores: { jobs: JobStore; ledger: BatchLedger },
  ) {}

  static async start(redis: TestRedis): Promise<WebhookBench> {
    const connection = { url: redis.url, prefix: uniquePrefix('webhooks') };
    const directory = await temporaryDirectory('tessera-webhooks');
    const objectStore = await openFolderStore(directory.path);
    const options = { connection, logger: silent, retentionSeconds: 600 };
    const index = await openWebhookIndex(options);
    const jobs = await openJobStore({ ...options, maxWaitingJobs: 10_000 });
    const ledger = await openBatchLedger(options);
    const bench = new WebhookBench(connection, objectStore, index, { jobs, ledger });
    bench.closers.push(
      () => directory.remove(),
      () => index.close(),
      () => jobs.close(),
      () => ledger.close(),
    );
    return bench;
  }

  get endpoints(): EndpointStore {
    const { objectStore, index } = this;
    return new EndpointStore({ objectStore, index, maxPerOwner: MAX_ENDPOINTS, logger: this.logger() });
  }

  async receiver(answer?: Answer): Promise<TestReceiver> {
    const receiver = await TestReceiver.start(answer);
    this.closers.push(() => receiver.close());
    return receiver;
  }

  endpoint(
    url: string,
    eventTypes: EventType[] = ['job.cancelled'],
    ownerId = OWNER_ID,
  ): Promise<WebhookEndpointRecord> {
    return this.endpoints.create(ownerId, { name: 'mine', url, eventTypes });
  }

  async dispatcher(
    options: Partial<Omit<WebhookConsumerOptions, 'giveUp'>> & {
      giveUp?: Partial<GiveUpRule>;
      timeoutMs?: number;
    } = {},
  ): Promise<WebhookConsumer> {
    const sender = new WebhookSender({
      allowedPrivateNetworks: ['127.0.0.0/8'],
      secret: JOB_SECRET,
      timeoutMs: options.timeoutMs ?? 10_000,
    });
    const consumer = await startWebhookConsumer({
      connection: this.connection,
      logger: this.logger(),
      maxReceivers: 20,
      scheduleMs: SCHEDULE_MS,
      log: { entries: 50, ageMs: 30 * 24 * HOUR },
      endpoints: this.endpoints,
      deliver: (delivery) => sender.send(delivery),
      aheadMs: () => this.aheadMs,
      ...options,
      giveUp: { failedEvents: 10, failingForMs: 24 * HOUR, waiting: 1_000, ...options.giveUp },
      timings: { lookEveryMs: 10, ...options.timings },
    });
    this.closers.push(async () => {
      await consumer.drain(0);
      await sender.close();
    });
    return consumer;
  }

  /** A job that ends at once. */
  async cancelledJob(changes: Partial<JobRecord> = {}): Promise<string> {
    const record = newJob(changes);
    await this.stores.jobs.createJob({ record, priority: 'normal' });
    await this.stores.jobs.requestCancel(record.id);
    return record.id;
  }

  deleteJob(id: string): Promise<unknown> {
    return this.stores.jobs.deleteJob(id);
  }

  /** A batch in its first status. */
  async batch(ownerId = OWNER_ID): Promise<string> {
    const id = `batch_${randomBytes(16).toString('hex')}`;
    const store = await openBatchStore({
      connection: this.connection,
      logger: silent,
      retentionSeconds: 600,
    });
    await store.createBatch({
      ...{ id, ownerId, weight: 1, inputFileId: 'file-1', endpoint: '/v1/chat/completions' },
      ...{ completionWindow: '24h', metadata: null, priority: 'normal', requestId: 'request-1' },
      ...{ createdAtMs: Date.now(), deadlineAtMs: Date.now() + HOUR },
    });
    await store.close();
    return id;
  }

  get ledger(): BatchLedger {
    return this.stores.ledger;
  }

  /** The newest delivery of an endpoint, once it is as wanted. */
  async delivery(
    endpointId: string,
    isWanted: (record: WebhookDeliveryRecord) => boolean,
  ): Promise<WebhookDeliveryRecord> {
    const find = async (): Promise<WebhookDeliveryRecord> => {
      const { records } = await this.index.deliveries(endpointId, { limit: 1 });
      const [record] = records;
      if (record === undefined || !isWanted(record)) throw new Error(`it is ${JSON.stringify(record)}`);
      return record;
    };
    return vi.waitFor(find, { timeout: WAIT_MS, interval: 5 });
  }

  /** Once the visit to an endpoint is over: a rest that it brings begins by the clock of then. */
  async letGo(endpointId: string): Promise<void> {
    const redis = this.client();
    const state = this.key(`webhook-receiver:${endpointId}`);
    await vi.waitFor(
      async () => {
        if ((await redis.hexists(state, 'holder')) === 1) throw new Error('it is still held');
      },
      { timeout: WAIT_MS, interval: 5 },
    );
    redis.disconnect();
  }

  /** A way to Redis that can be cut, as a process is cut off that has died. Restored at the end. */
  async cuttable(): Promise<{ connection: QueueConnection; cut: () => Promise<void> }> {
    const proxy = await CuttableProxy.start(Number(new URL(this.connection.url).port));
    this.closers.push(() => proxy.cut());
    const cut = async () => {
      this.restorers.push(() => proxy.restore());
      await proxy.cut();
    };
    return { connection: { ...this.connection, url: proxy.url }, cut };
  }

  client(): Redis {
    const redis = new Redis(this.connection.url);
    this.closers.push(async () => redis.disconnect());
    return redis;
  }

  key(name: string): string {
    return `{${this.connection.prefix}}:${name}`;
  }

  /** Keys that are about an endpoint. */
  keysOf(endpointId: string): Promise<string[]> {
    return this.client().keys(this.key(`*${endpointId}*`));
  }

  async loseRedis(): Promise<void> {
    const redis = this.client();
    const keys = await redis.keys(this.key('*'));
    if (keys.length > 0) await redis.del(keys);
  }

  async close(): Promise<void> {
    for (const restore of this.restorers.splice(0)) await restore();
    for (const close of this.closers.splice(0).reverse()) await close();
  }

  private logger() {
    const destination = {
      write: (line: string) => void this.logLines.push(JSON.parse(line) as Record<string, unknown>),
    };
    return createLogger({ name: 'webhooks', level: 'debug', destination });
  }
}

const silent = createLogger({ name: 'webhooks', level: 'silent' });

function newJob(changes: Partial<JobRecord>): JobRecord {
  return {
    id: `job_${randomBytes(16).toString('hex')}`,
    ownerId: OWNER_ID,
    weight: 1,
    status: 'queued',
    request: { model: 'org/tiny:v1', messages: [], images: [] },
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
