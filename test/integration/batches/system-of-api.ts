import { join } from 'node:path';
import { FileStore } from '@tessera/files';
import { openBatchStore, openFileIndex } from '@tessera/queue';
import { openObjectStore } from '@tessera/storage';
import { type TestApi } from '../api/start-test-api.js';
import { BatchSystem, logger } from './batch-bench.js';

const RETENTION_SECONDS = 3_600;

/** Dispatchers and workers of an API: they see the same Redis and the same store. */
export async function systemOfApi(
  { config }: TestApi,
  redisUrl: string,
  closers: (() => Promise<unknown>)[],
): Promise<BatchSystem> {
  const connection = { url: redisUrl, prefix: config.redis.prefix };
  const objectStore = await openObjectStore(config.store);
  const index = await openFileIndex({ connection, logger });
  const batches = await openBatchStore({ connection, retentionSeconds: RETENTION_SECONDS, logger });
  closers.push(
    () => index.close(),
    () => batches.close(),
  );
  const files = new FileStore({ objectStore, index, retentionSeconds: RETENTION_SECONDS, logger });
  const storeDirectory = join(config.data.directory, 'store');
  return new BatchSystem({ connection, storeDirectory, objectStore, files, batches, closers });
}
