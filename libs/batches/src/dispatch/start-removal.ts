import { type Logger } from '@tessera/observability';
import { type BatchLedger, RepeatedPass } from '@tessera/queue';
import { type ObjectStore } from '@tessera/storage';
import { batchPrefix } from '../store/batch-objects.js';
import { sweepParts } from './sweep-parts.js';

const REMOVE_EVERY_MS = 30_000;
const REMOVED_AT_A_TIME = 100;
/** A worker that has lost its chunk has written its last part file by then. */
const PARTS_SWEPT_AFTER_MS = 120_000;

interface RemovalOptions {
  readonly ledger: BatchLedger;
  readonly objectStore: ObjectStore;
  readonly logger: Logger;
}

/** Removes what ended batches leave behind, again and again until it is stopped. */
export function startRemoval(options: RemovalOptions): { stop(): Promise<void> } {
  const { logger } = options;
  const passes = [
    { name: 'remove batches', everyMs: REMOVE_EVERY_MS, run: () => removeExpired(options) },
    {
      name: 'sweep part files',
      everyMs: REMOVE_EVERY_MS,
      run: () => sweepParts(PARTS_SWEPT_AFTER_MS, options),
    },
  ].map((pass) => new RepeatedPass(pass, logger));
  return { stop: async () => void (await Promise.all(passes.map((pass) => pass.stop()))) };
}

/**
 * Removes final batches whose retention has passed, objects first, so that a crash between leaves the batch to try again.
 * Their files have expiries of their own.
 */
export async function removeExpired({ ledger, objectStore, logger }: RemovalOptions): Promise<void> {
  for (const id of await ledger.dueBatches(REMOVED_AT_A_TIME)) {
    try {
      await objectStore.deletePrefix(batchPrefix(id));
      await ledger.removeBatch(id);
      logger.info({ batchId: id }, 'removed the batch, its retention has passed');
    } catch (err) {
      logger.error({ err, batchId: id }, 'could not remove the batch');
    }
  }
}
