// A dispatcher of batches in a process of its own, so that it can be killed.
import { BatchRunner } from '@tessera/batches';
import { FileStore } from '@tessera/files';
import { createLogger } from '@tessera/observability';
import { openBatchLedger, openFileIndex } from '@tessera/queue';
import { openFolderStore } from '@tessera/storage';

const [url, prefix, storeDirectory, leaseMs] = process.argv.slice(2);
const connection = { url, prefix };
const logger = createLogger({ name: 'stand-in', level: 'silent' });
const objectStore = await openFolderStore(storeDirectory);
const index = await openFileIndex({ connection, logger });
const files = new FileStore({ objectStore, index, retentionSeconds: 3_600, logger });
const ledger = await openBatchLedger({ connection, retentionSeconds: 3_600, logger });

new BatchRunner({
  ...{ ledger, objectStore, files, logger, maxLineBytes: 10_000 },
  isModelAvailable: async () => true,
  lease: { durationMs: Number(leaseMs), renewEveryMs: Number(leaseMs) / 4 },
});
