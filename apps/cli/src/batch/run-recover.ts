import { recoverBatches } from '@tessera/batches';
import { DEFAULT_REDIS_URL, loadConfig } from '@tessera/config';
import { FileStore } from '@tessera/files';
import { createLogger } from '@tessera/observability';
import { openBatchStore, openFileIndex } from '@tessera/queue';
import { openObjectStore } from '@tessera/storage';
import { RecoveryRedisError } from './errors.js';

/** Tells Redis of every file and batch that the object store has, and says of each batch what became of it. */
export async function runRecover(): Promise<void> {
  const config = loadConfig();
  const logger = createLogger({ name: 'recover', level: 'error' });
  const connection = { url: config.redis.url ?? DEFAULT_REDIS_URL, prefix: config.redis.prefix };
  const { retentionSeconds } = config.jobs;
  const objectStore = await openObjectStore(config.store);
  const index = await openFileIndex({ connection, logger }).catch((cause: unknown) => {
    throw new RecoveryRedisError(config.redis.url === undefined ? connection.url : undefined, cause);
  });
  const batches = await openBatchStore({ connection, retentionSeconds, logger });
  try {
    const files = new FileStore({ objectStore, index, retentionSeconds, logger });
    process.stderr.write(`files listed again: ${await files.rebuildIndex()}\n`);
    let unreadable = 0;
    for await (const { id, outcome, rowsDone } of recoverBatches(objectStore, batches, logger)) {
      process.stdout.write(`${id} ${outcome}, ${rowsDone} rows done\n`);
      if (outcome === 'unreadable') unreadable += 1;
    }
    if (unreadable > 0) process.exitCode = 1;
  } finally {
    await batches.close();
    await index.close();
  }
}
