import { randomBytes } from 'node:crypto';
import { partsPrefix } from '@tessera/batches';
import { type Config, loadConfig } from '@tessera/config';
import {
  ADMIN_OWNER_ID,
  BATCH_ENDPOINT,
  type JobRecord,
  type JobRequest,
  type ServedModel,
} from '@tessera/contracts';
import { createLogger } from '@tessera/observability';
import {
  type BatchLedger,
  type BatchStore,
  type JobStore,
  openBatchLedger,
  openBatchStore,
  openJobStore,
} from '@tessera/queue';
import { type ObjectStore, openObjectStore } from '@tessera/storage';
import { startTestRedis, temporaryDirectory, uniquePrefix } from '@tessera/testing';
import { startWorker } from '@tessera/worker';
import { vi } from 'vitest';

const retentionSeconds = 3_600;
const logger = createLogger({ name: 'test', level: 'silent' });
const NEWS_TIMEOUT_MS = 30_000;

/** A line of a part file. */
export interface ResultLine {
  custom_id: string;
  response: { status_code: number; body: unknown };
}

interface BenchParts {
  readonly config: Config;
  readonly objectStore: ObjectStore;
  readonly jobs: JobStore;
  readonly batches: BatchStore;
  readonly ledger: BatchLedger;
  readonly closers: (() => Promise<unknown>)[];
}

/** Real workers with the tiny model, on a Redis and a store of their own; the test does what API and dispatcher do. */
export class WorkerBench {
  private constructor(private readonly parts: BenchParts) {}

  static async start(settings: Record<string, string>): Promise<WorkerBench> {
    const closers: (() => Promise<unknown>)[] = [];
    const redis = await startTestRedis();
    const directory = await temporaryDirectory('tessera-worker');
    closers.push(
      () => redis.stop(),
      () => directory.remove(),
    );
    const config = loadConfig({
      REDIS_URL: redis.url,
      TESSERA_QUEUE_PREFIX: uniquePrefix('worker'),
      TESSERA_DATA_DIR: directory.path,
      TESSERA_THREADS: '2',
      ...settings,
    });
    const options = { connection: { url: redis.url, prefix: config.redis.prefix }, retentionSeconds, logger };
    const batches = await openBatchStore(options);
    const ledger = await openBatchLedger(options);
    const jobs = await openJobStore({ ...options, maxWaitingJobs: config.jobs.maxWaiting });
    closers.push(
      () => batches.close(),
      () => ledger.close(),
      () => jobs.close(),
    );
    const objectStore = await openObjectStore(config.store);
    return new WorkerBench({ config, objectStore, jobs, batches, ledger, closers });
  }

  get objectStore(): ObjectStore {
    return this.parts.objectStore;
  }

  /** Resolves once it serves its model, with what ends it as SIGTERM ends the process. */
  async startWorker(): Promise<{ model: ServedModel; stop: () => Promise<void> }> {
    const worker = await startWorker({ config: this.parts.config, logger });
    let stopped: Promise<void> | undefined;
    const stop = () => (stopped ??= worker.stop());
    this.parts.closers.push(stop);
    const [model] = await this.parts.jobs.servedModels();
    if (model === undefined) throw new Error('the worker announces no model');
    return { model, stop };
  }

  /** Once a worker takes nothing new. */
  async untilNothingIsServed(): Promise<void> {
    const isServed = async () => (await this.parts.jobs.servedModels()).length > 0;
    await vi.waitUntil(async () => !(await isServed()), { timeout: 10_000, interval: 20 });
  }

  /** In the reverse order of opening. */
  async close(): Promise<void> {
    for (const close of this.parts.closers.splice(0).reverse()) await close();
  }

  /** Hands the worker a batch that is one chunk; custom ids are the keys. */
  async submitRows(model: string, bodies: Readonly<Record<string, object>>): Promise<string> {
    const id = `batch_${randomBytes(16).toString('hex')}`;
    const inputKey = `inputs/${id}`;
    const lines = Object.entries(bodies).map(([custom_id, body]) =>
      JSON.stringify({ custom_id, method: 'POST', url: BATCH_ENDPOINT, body: { model, ...body } }),
    );
    const input = Buffer.from(lines.map((line) => `${line}\n`).join(''));
    await this.objectStore.put(inputKey, input);
    const createdAtMs = Date.now();
    await this.parts.batches.createBatch({
      ...{
        id,
        ownerId: ADMIN_OWNER_ID,
        weight: 1,
        inputFileId: 'file-0',
        endpoint: BATCH_ENDPOINT,
        completionWindow: '24h',
        metadata: null,
      },
      ...{ priority: 'normal', createdAtMs, deadlineAtMs: createdAtMs + 86_400_000, requestId: 'req_1' },
    });
    await this.parts.ledger.begin(id, { model, inputKey, total: lines.length, inputBytes: input.length });
    await this.parts.ledger.cut(
      { id, model },
      { fromRow: 0, toRow: lines.length, fromByte: 0, toByte: input.length },
    );
    return id;
  }

  async isDone(batchId: string): Promise<boolean> {
    return (await this.parts.ledger.openChunks(batchId)).length === 0;
  }

  /** What the rows came to, by custom id, once all have been answered. */
  async results(batchId: string): Promise<Map<string, ResultLine['response']>> {
    const { signal } = new AbortController();
    while (!(await this.isDone(batchId))) await this.parts.ledger.waitForNews(NEWS_TIMEOUT_MS, signal);
    const results = new Map<string, ResultLine['response']>();
    for await (const key of this.objectStore.list(partsPrefix(batchId))) {
      if (!key.endsWith('.jsonl')) continue;
      const text = Buffer.from(await this.objectStore.get(key)).toString('utf8');
      for (const line of text.trimEnd().split('\n')) {
        const { custom_id, response } = JSON.parse(line) as ResultLine;
        results.set(custom_id, response);
      }
    }
    return results;
  }

  /** Asks one question and waits for the answer. */
  async ask(request: JobRequest): Promise<JobRecord | undefined> {
    const id = `job_${randomBytes(16).toString('hex')}`;
    const record: JobRecord = {
      ...{
        id,
        ownerId: ADMIN_OWNER_ID,
        weight: 1,
        status: 'queued',
        request,
        metadata: {},
        baseUrl: 'http://127.0.0.1',
        createdAtMs: Date.now(),
      },
      ...{ maxAttempts: 1, attempts: 0, requestId: 'req_2', cancelRequested: false },
    };
    await this.parts.jobs.createJob({ record, priority: 'normal' });
    return this.parts.jobs.waitForFinal(id, { timeoutMs: NEWS_TIMEOUT_MS });
  }
}
