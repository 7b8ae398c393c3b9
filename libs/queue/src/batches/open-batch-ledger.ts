import { type BatchRecord, type ServedModel } from '@tessera/contracts';
import { type Logger } from '@tessera/observability';
import { type Redis } from 'ioredis';
import { v7 as uuidv7 } from 'uuid';
import { listConsumers } from '../announcements.js';
import { type QueueConnection } from '../connection.js';
import { holdLeaseLua, releaseLeaseLua } from '../lua/manage-batch.lua.js';
import { callRedis, connectRedis, keyRootOf, pingRedis } from '../redis-client.js';
import { defineScript } from '../script.js';
import { subscribe } from '../subscription.js';
import { type BatchLedger } from './batch-ledger.js';
import { type BatchScripts, defineBatchScripts } from './batch-scripts.js';
import { ChunkQueues } from './chunk-queues.js';
import { defineChunkScripts } from './chunk-scripts.js';
import { NewsBell } from './news-bell.js';
import { OpenBatches } from './open-batches.js';
import { readBatch } from './read-batch.js';
import { readCommittedChunks } from './read-committed-chunks.js';
import { markLostChunks, requeueChunks } from './requeue-chunks.js';

const LEASE = 'batches';

export interface BatchLedgerOptions {
  readonly connection: QueueConnection;
  readonly retentionSeconds: number;
  readonly logger: Logger;
}

/**
 * Opens the dispatcher's end of batches.
 * @throws {RedisUnavailableError} when Redis cannot be reached now
 */
export async function openBatchLedger(options: BatchLedgerOptions): Promise<BatchLedger> {
  const { connection, logger } = options;
  const redis = await connectRedis(connection, 'fail-fast', logger);
  try {
    const root = keyRootOf(connection);
    const bell = new NewsBell();
    const open = new OpenBatches({
      openIds: () => callRedis('list open batches', () => redis.zrange(`${root}:open-batches`, '0', '-1')),
      getBatch: (id) => readBatch(redis, root, id),
    });
    const news = await subscribe(connection, `${root}:batch-news`, {
      logger,
      onMessage: (id) => {
        open.note(id);
        bell.ring();
      },
      onResubscribed: () => {
        open.noteAll();
        bell.ring();
      },
    });
    return toLedger(options, { redis, bell, open, closeNews: () => news.close() });
  } catch (error) {
    redis.disconnect();
    throw error;
  }
}

interface LedgerParts {
  readonly redis: Redis;
  readonly bell: NewsBell;
  readonly open: OpenBatches;
  readonly closeNews: () => void;
}

function toLedger(
  { connection, logger, retentionSeconds }: BatchLedgerOptions,
  { redis, bell, open, closeNews }: LedgerParts,
): BatchLedger {
  const root = keyRootOf(connection);
  const batches = defineBatchScripts(redis, root, retentionSeconds);
  const chunks = defineChunkScripts(redis, root);
  const queues = new ChunkQueues(redis, root, logger);
  const consumers = listConsumers(redis, root);
  const getBatch = (id: string) => readBatch(redis, root, id);
  const requeuing = { redis, root, chunks, queues, getBatch, logger };
  // What this process does to a batch it has heard of before its news comes, whether the answer was lost or not.
  const noting = <T>(id: string, change: Promise<T>): Promise<T> => change.finally(() => open.note(id));
  return {
    openBatches: () => open.read(),
    getBatch,
    capacityOf: async (model) => toCapacity((await consumers()).filter(({ id }) => id === model)),
    begin: (id, input) => noting(id, batches.begin(id, input)),
    outOfTokens: (running) => outOfTokens(batches, running),
    fail: (id, errors) => noting(id, batches.fail(id, errors)),
    expire: async (id) => void (await noting(id, batches.endEarly(id, 'expired'))),
    cut: async ({ id, model }, range, options) => {
      const index = await noting(id, chunks.cut(id, range));
      if (index === undefined) return false;
      await queues.add({ batchId: id, index, model }, options);
      await callRedis('unmark the chunk', () => redis.zrem(`${root}:unqueued-chunks`, `${id}:${index}`));
      return true;
    },
    openChunks: async (batchId) =>
      (
        await callRedis('list open chunks', () => redis.zrange(`${root}:batch-chunks:${batchId}`, '0', '-1'))
      ).map(Number),
    seize: (chunk, graceMs) => chunks.seize(chunk, graceMs),
    commit: (chunk, outcome) =>
      noting(chunk.batchId, chunks.commit(chunk, outcome, { rows: 0, ms: 0, workMs: 0 })),
    committedChunks: (batchId) => readCommittedChunks(redis, root, batchId),
    finalize: (id, outputFileId, errorFileId) => noting(id, batches.finalize(id, outputFileId, errorFileId)),
    finish: (id, status, files) => noting(id, batches.finish(id, status, files)),
    requeueChunks: (unqueuedForMs) => requeueChunks(requeuing, unqueuedForMs),
    markLostChunks: (batch) => markLostChunks(requeuing, batch),
    dueBatches: (limit) => batches.due(limit),
    ...sweeping(redis, root, batches),
    removeBatch: (id) => batches.remove(id),
    waitForNews: (timeoutMs, signal) => bell.wait(timeoutMs, signal),
    wake: () => bell.ring(),
    ...defineLease(redis, root),
    ping: () => pingRedis(redis),
    close: async () => {
      closeNews();
      bell.ring();
      await queues.close();
      redis.disconnect();
    },
  };
}

/** The workers of one model and the most slots that one of them has: one at least, where none says. */
function toCapacity(serving: readonly ServedModel[]): Awaited<ReturnType<BatchLedger['capacityOf']>> {
  return {
    consumers: serving.length,
    slots: Math.max(1, ...serving.map(({ slotCount }) => slotCount ?? 1)),
  };
}

async function outOfTokens(
  scripts: BatchScripts,
  running: readonly BatchRecord[],
): Promise<ReadonlySet<string>> {
  const limited = running.filter(({ maxTokensPerDay }) => maxTokensPerDay !== undefined);
  if (limited.length === 0) return new Set();
  const owners = [...new Set(limited.map(({ ownerId }) => ownerId))];
  const used = await scripts.tokensUsed(owners);
  const isOut = ({ ownerId, maxTokensPerDay = Infinity }: BatchRecord) =>
    (used[owners.indexOf(ownerId)] ?? 0) >= maxTokensPerDay;
  return new Set(limited.filter(isOut).map(({ id }) => id));
}

function sweeping(
  redis: Redis,
  root: string,
  batches: BatchScripts,
): Pick<BatchLedger, 'batchesWithParts' | 'forgetParts'> {
  return {
    batchesWithParts: (endedForMs, limit) => batches.withParts(endedForMs, limit),
    forgetParts: async (id) => {
      await callRedis('forget the part files', () => redis.zrem(`${root}:batches-with-parts`, id));
    },
  };
}

function defineLease(redis: Redis, root: string): Pick<BatchLedger, 'holdLease' | 'releaseLease'> {
  const holder = uuidv7();
  const hold = defineScript(redis, root, { action: 'hold the lease on batches', lua: holdLeaseLua });
  const release = defineScript(redis, root, {
    action: 'let go of the lease on batches',
    lua: releaseLeaseLua,
  });
  return {
    holdLease: async (durationMs) => (await hold(LEASE, holder, durationMs)) === 1,
    releaseLease: async () => void (await release(LEASE, holder)),
  };
}
