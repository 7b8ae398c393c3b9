import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { BatchRunner, RowTurns, runChunk, writeManifest } from '@tessera/batches';
import {
  type AnswerRow,
  BATCH_ENDPOINT,
  type BatchRecord,
  type BatchRequest,
  isFinalBatchStatus,
  type RowAnswer,
  type ServedModel,
} from '@tessera/contracts';
import { FileStore } from '@tessera/files';
import { createLogger } from '@tessera/observability';
import {
  type BatchStore,
  type ChunkConsumer,
  openBatchLedger,
  openBatchStore,
  openFileIndex,
  type QueueConnection,
  startChunkConsumer,
  startJobConsumer,
  Turns,
} from '@tessera/queue';
import { type ObjectStore, openFolderStore } from '@tessera/storage';
import { startTestRedis, temporaryDirectory, type TestRedis, uniquePrefix } from '@tessera/testing';

/** Whose everything is, unless a test says otherwise. */
export const OWNER_ID = 'key_1';

export const MODEL_ID = 'org/tiny:v1';
export const logger = createLogger({ name: 'test', level: 'silent' });
const RETENTION_SECONDS = 3_600;
const LOCK_MS = 2_000;
const FINAL_TIMEOUT_MS = 50_000;
const POLL_MS = 20;
const MAX_LINE_BYTES = 10_000;

const servedModel: ServedModel = {
  ...{ id: MODEL_ID, revision: 'r1', contextTokens: 2048, tokensPerTile: 4, tileSizePixels: 56 },
  ...{ defaultMaxTiles: 6, precision: 'fp32', device: 'cpu', slotCount: 4 },
};

/** The answer of an engine that takes no time. */
export const answered = (text = 'A cat.'): RowAnswer => ({
  kind: 'answered',
  completion: { object: 'chat.completion', choices: [{ message: { role: 'assistant', content: text } }] },
  tokens: { input: 10, cached: 2, output: 3 },
});

export const refused: RowAnswer = {
  kind: 'refused',
  status: 400,
  body: { error: { message: 'no', type: 'invalid_request_error', param: null, code: 'image_unreadable' } },
};

/** A line of an input file. */
export const inputLine = (customId: string, changes: Record<string, unknown> = {}): string =>
  JSON.stringify({
    custom_id: customId,
    method: 'POST',
    url: BATCH_ENDPOINT,
    body: { model: MODEL_ID, messages: [{ role: 'user', content: 'What is it?' }] },
    ...changes,
  });

export const inputLines = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => inputLine(`row-${index}`));

/** A line of an output or error file, as far as tests look at it. */
export interface ResultLine {
  id: string;
  custom_id: string;
  response: { status_code: number; request_id: string; body: unknown } | null;
  error: { code: string } | null;
}

/** A batch as the API makes it. */
export function newBatch(changes: Partial<BatchRequest> = {}): BatchRequest {
  const createdAtMs = Date.now();
  return {
    ...{
      id: `batch_${randomBytes(16).toString('hex')}`,
      ownerId: OWNER_ID,
      weight: 1,
      inputFileId: 'file-x',
    },
    ...{ endpoint: BATCH_ENDPOINT, completionWindow: '24h', metadata: null, priority: 'normal' },
    ...{ createdAtMs, deadlineAtMs: createdAtMs + 86_400_000, requestId: 'req_1' },
    ...changes,
  };
}

/** What the record of a new batch says beyond that. */
export const NOTHING_DONE = {
  ...{ status: 'validating', total: 0, inputBytes: 0, completed: 0, failed: 0 },
  ...{ tokens: { input: 0, cached: 0, output: 0 }, nextRow: 0, nextByte: 0, openChunks: 0, workMs: 0 },
} as const satisfies Omit<BatchRecord, keyof BatchRequest>;

/** One Redis for a test file, and for every test its own keys, store and dispatcher. */
export class BatchBench {
  private closers: (() => Promise<unknown>)[] = [];

  private constructor(
    private readonly redisUrl: string,
    private readonly redis?: TestRedis,
  ) {}

  static async start(): Promise<BatchBench> {
    const redis = await startTestRedis();
    return new BatchBench(redis.url, redis);
  }

  /** Over a Redis of somebody else's. */
  static on(redisUrl: string): BatchBench {
    return new BatchBench(redisUrl);
  }

  async stop(): Promise<void> {
    await this.redis?.stop();
  }

  /** In the reverse order of opening. */
  async closeAll(): Promise<void> {
    for (const close of this.closers.splice(0).reverse()) await close();
  }

  async system(options: SystemOptions = {}): Promise<BatchSystem> {
    const directory = await temporaryDirectory('tessera-batches');
    this.closers.push(() => directory.remove());
    return this.open(directory.path, options);
  }

  /** The same store, and a Redis that knows nothing. */
  async systemOver({ parts }: BatchSystem): Promise<BatchSystem> {
    return this.open(parts.storeDirectory, {});
  }

  private async open(storeDirectory: string, options: SystemOptions): Promise<BatchSystem> {
    const connection: QueueConnection = { url: this.redisUrl, prefix: uniquePrefix('batches') };
    const objectStore = await openFolderStore(storeDirectory);
    const index = await openFileIndex({ connection, logger });
    this.closers.push(async () => index.close());
    const files = new FileStore({ objectStore, index, retentionSeconds: RETENTION_SECONDS, logger });
    const batches = await openBatchStore({ connection, retentionSeconds: RETENTION_SECONDS, logger });
    this.closers.push(() => batches.close());
    const system = new BatchSystem({
      ...{ connection, storeDirectory, objectStore, files, batches },
      closers: this.closers,
      ...(options.graceMs === undefined ? {} : { graceMs: options.graceMs }),
    });
    if (options.withoutDispatcher !== true) await system.startDispatcher();
    return system;
  }
}

interface SystemOptions {
  readonly graceMs?: number;
  readonly withoutDispatcher?: boolean;
}

interface SystemParts {
  readonly connection: QueueConnection;
  readonly storeDirectory: string;
  readonly objectStore: ObjectStore;
  readonly files: FileStore;
  readonly batches: BatchStore;
  readonly closers: (() => Promise<unknown>)[];
  readonly graceMs?: number;
}

export class BatchSystem {
  constructor(readonly parts: SystemParts) {}

  /** Any number may run. @returns what stops this one before the test ends */
  async startDispatcher(): Promise<() => Promise<void>> {
    const { connection, objectStore, files, closers, graceMs } = this.parts;
    const ledger = await openBatchLedger({ connection, retentionSeconds: RETENTION_SECONDS, logger });
    const runner = new BatchRunner({
      ...{ ledger, objectStore, files, logger, maxLineBytes: MAX_LINE_BYTES },
      isModelAvailable: async (model) => model === MODEL_ID,
      ...(graceMs === undefined ? {} : { graceMs }),
    });
    let stopped: Promise<void> | undefined;
    const stop = (): Promise<void> => (stopped ??= runner.stop().then(() => ledger.close()));
    closers.push(stop);
    return stop;
  }

  /** A worker with room for so many rows. */
  async startWorker(answerRow: AnswerRow, places = Infinity, turns = new Turns()): Promise<ChunkConsumer> {
    const { connection, objectStore, closers } = this.parts;
    // Announces the model, and with it how much the dispatcher hands out.
    const jobs = await startJobConsumer({
      ...{ connection, model: servedModel, concurrency: 1, lockDurationMs: LOCK_MS, logger, turns },
      handle: () => Promise.reject(new Error('there are no jobs in this test')),
    });
    const rowTurns = new RowTurns(limitPlaces(places));
    const consumer = await startChunkConsumer({
      ...{ connection, model: servedModel, concurrency: 5, lockDurationMs: LOCK_MS, logger, turns },
      handle: (attempt) =>
        runChunk(attempt, {
          ...{ objectStore, answerRow, whileStoreIsAway: (work) => work() },
          admit: (signal) => rowTurns.take(`${attempt.key.batchId}:${attempt.key.index}`, signal),
        }),
    });
    closers.push(() => Promise.all([jobs.drain(0), consumer.drain(0)]));
    return consumer;
  }

  async submit(lines: readonly string[], changes: Partial<BatchRequest> = {}): Promise<string> {
    const file = await this.parts.files.createFromStream({
      ownerId: changes.ownerId ?? OWNER_ID,
      purpose: 'batch',
      filename: 'input.jsonl',
      source: (async function* () {
        yield Buffer.from(`${lines.join('\n')}\n`);
      })(),
    });
    return this.submitFile(file.id, changes);
  }

  async submitFile(inputFileId: string, changes: Partial<BatchRequest> = {}): Promise<string> {
    const request = newBatch({ inputFileId, ...changes });
    // As the API does, before it acknowledges anything.
    await writeManifest(this.parts.objectStore, request);
    await this.parts.batches.createBatch(request);
    return request.id;
  }

  async get(id: string): Promise<BatchRecord> {
    const record = await this.parts.batches.getBatch(id);
    if (record === undefined) throw new Error(`there is no batch ${id}`);
    return record;
  }

  /** Once the batch has ended. */
  async final(id: string): Promise<BatchRecord> {
    // Not by vitest's means: the benches use this as well.
    const deadlineAt = Date.now() + FINAL_TIMEOUT_MS;
    for (;;) {
      const record = await this.get(id);
      if (isFinalBatchStatus(record.status)) return record;
      if (Date.now() > deadlineAt) throw new Error(`the batch has not ended: ${JSON.stringify(record)}`);
      await delay(POLL_MS);
    }
  }

  async lines(fileId: string | undefined): Promise<ResultLine[]> {
    if (fileId === undefined) return [];
    const { body } = await this.parts.files.openContent(fileId);
    const chunks: Buffer[] = [];
    for await (const chunk of body) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString('utf8');
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as ResultLine);
  }

  /** Custom ids of output and error file together. */
  async customIds({ outputFileId, errorFileId }: BatchRecord): Promise<string[]> {
    const lines = [...(await this.lines(outputFileId)), ...(await this.lines(errorFileId))];
    return lines.map(({ custom_id }) => custom_id);
  }
}

function limitPlaces(places: number): () => Promise<() => void> {
  let free = places;
  const waiting: (() => void)[] = [];
  const leave = (): void => {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  };
  return async () => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    return leave;
  };
}
