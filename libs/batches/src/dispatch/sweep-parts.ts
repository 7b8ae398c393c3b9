import { type Logger } from '@tessera/observability';
import { type BatchLedger } from '@tessera/queue';
import { type ObjectStore } from '@tessera/storage';
import { partsPrefix } from '../chunk/part-files.js';

const SWEPT_AT_A_TIME = 100;

/**
 * Deletes the part files of batches that have been final for so long, where there still are any: the dispatcher may have
 * died before it did, and a worker that had lost its chunk may have written one afterwards.
 */
export async function sweepParts(
  endedForMs: number,
  parts: {
    ledger: Pick<BatchLedger, 'batchesWithParts' | 'forgetParts'>;
    objectStore: Pick<ObjectStore, 'deletePrefix'>;
    logger: Logger;
  },
): Promise<void> {
  const { ledger, objectStore, logger } = parts;
  for (const id of await ledger.batchesWithParts(endedForMs, SWEPT_AT_A_TIME)) {
    await objectStore.deletePrefix(partsPrefix(id));
    await ledger.forgetParts(id);
    logger.debug({ batchId: id }, 'the part files of the batch are gone');
  }
}
