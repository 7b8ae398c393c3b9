import { hasExpired, readStoredRecord } from '../file-record.js';
import { uploadPrefix } from '../object-keys.js';
import { type FileUpkeepOptions } from './start-file-upkeep.js';

const PAGE_SIZE = 200;
/** Time until the removal of a file that failed is tried again. */
const REMOVAL_RETRY_MS = 60_000;

/** Removes the files whose time is over. */
export async function expireFiles(options: FileUpkeepOptions): Promise<void> {
  const { index, logger } = options;
  let ids: string[];
  do {
    ids = await index.listExpired(PAGE_SIZE);
    for (const fileId of ids) {
      try {
        await expireFile(options, fileId);
      } catch (err) {
        logger.error({ err, fileId }, 'could not remove the expired file');
        await index.postponeExpiry(fileId, REMOVAL_RETRY_MS);
      }
    }
  } while (ids.length === PAGE_SIZE);
}

async function expireFile(
  { objectStore, index, files, logger }: FileUpkeepOptions,
  fileId: string,
): Promise<void> {
  const record = await readStoredRecord(objectStore, fileId);
  if (record !== undefined && !hasExpired(record)) {
    // Made anew since, while the index could not be reached.
    await index.put(record);
    return;
  }
  if (await files.delete(fileId)) logger.info({ fileId }, 'removed the file, its time is over');
}

/** Ends uploads whose time was over `graceMs` ago, and removes their parts. */
export async function expireUploads(options: FileUpkeepOptions, graceMs: number): Promise<void> {
  const { objectStore, index, logger } = options;
  let ids: string[];
  do {
    ids = await index.uploads.listExpired(graceMs, PAGE_SIZE);
    for (const uploadId of ids) {
      await index.uploads.expire(uploadId);
      // Should this fail, the sweep finds them.
      await objectStore.deletePrefix(uploadPrefix(uploadId));
      logger.info({ uploadId }, 'removed the parts of an upload that was not completed');
    }
  } while (ids.length === PAGE_SIZE);
}
