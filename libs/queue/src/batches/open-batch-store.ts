import { type Logger } from '@tessera/observability';
import { type QueueConnection } from '../connection.js';
import { connectRedis, keyRootOf, pingRedis } from '../redis-client.js';
import { defineBatchScripts } from './batch-scripts.js';
import { type BatchStore } from './batch-store.js';
import { readBatch } from './read-batch.js';
import { readCommittedChunks } from './read-committed-chunks.js';
import { defineRestore } from './restore-batch.js';

export interface BatchStoreOptions {
  readonly connection: QueueConnection;
  /** Time that a batch's record is kept after its end. */
  readonly retentionSeconds: number;
  readonly logger: Logger;
}

/**
 * Opens the API's end of batches. Every method rejects with `service_unavailable` at once while Redis is away.
 * @throws {RedisUnavailableError} when Redis cannot be reached now
 */
export async function openBatchStore(options: BatchStoreOptions): Promise<BatchStore> {
  const { connection, logger, retentionSeconds } = options;
  const root = keyRootOf(connection);
  const redis = await connectRedis(connection, 'fail-fast', logger);
  const scripts = defineBatchScripts(redis, root, retentionSeconds);
  return {
    createBatch: (request, limits = {}) => scripts.create(request, limits),
    getBatch: (id) => readBatch(redis, root, id),
    listBatches: (query) => scripts.list(query),
    cancelBatch: (id) => scripts.endEarly(id, 'cancelled'),
    committedChunks: (id) => readCommittedChunks(redis, root, id),
    restoreBatch: defineRestore(redis, root, retentionSeconds),
    loadOf: (ownerId) => scripts.load(ownerId),
    ping: () => pingRedis(redis),
    close: async () => redis.disconnect(),
  };
}
