import { filePrefix, FILES_PREFIX, uploadPrefix, UPLOADS_PREFIX } from '../object-keys.js';
import { indexStoredFile } from './index-stored-files.js';
import { type FileUpkeepOptions } from './start-file-upkeep.js';
import { storedIds } from './stored-ids.js';

const BATCH_SIZE = 200;

/** Lists stored files that the index lacks, and removes content that has been without a record for `afterMs`. */
export async function sweepFiles(options: FileUpkeepOptions, afterMs: number): Promise<void> {
  const { objectStore, index, logger } = options;
  for await (const ids of storedIds(objectStore, FILES_PREFIX, BATCH_SIZE)) {
    const orphans: string[] = [];
    for (const fileId of await index.missing(ids)) {
      if (await indexStoredFile(objectStore, index, fileId)) {
        logger.warn({ fileId }, 'the file was not listed; it is now');
      } else {
        orphans.push(fileId);
      }
    }
    for (const fileId of await noteOrphans(options, 'file', { ids: orphans, afterMs })) {
      await objectStore.deletePrefix(filePrefix(fileId));
      logger.info({ fileId }, 'removed content that did not become a file');
    }
  }
}

/** Removes parts that nobody has been able to read for `afterMs`. */
export async function sweepUploads(options: FileUpkeepOptions, afterMs: number): Promise<void> {
  const { objectStore, index, logger } = options;
  for await (const stored of storedIds(objectStore, UPLOADS_PREFIX, BATCH_SIZE)) {
    const ids = await index.uploads.notPending(stored);
    for (const uploadId of await noteOrphans(options, 'upload', { ids, afterMs })) {
      await objectStore.deletePrefix(uploadPrefix(uploadId));
      logger.info({ uploadId }, 'removed parts of an upload that is over');
    }
  }
}

async function noteOrphans(
  { index }: FileUpkeepOptions,
  kind: 'file' | 'upload',
  { ids, afterMs }: { ids: readonly string[]; afterMs: number },
): Promise<string[]> {
  return ids.length === 0 ? [] : index.noteOrphans(kind, ids, afterMs);
}
