import { type FileIndex } from '@tessera/queue';
import { type ObjectStore } from '@tessera/storage';
import { readStoredRecord } from '../file-record.js';
import { FILES_PREFIX, recordKey } from '../object-keys.js';
import { storedIds } from './stored-ids.js';

const CONCURRENT_READS = 16;

/** Puts the records of all stored files into the index. @returns how many there are */
export async function indexStoredFiles(objectStore: ObjectStore, index: FileIndex): Promise<number> {
  let fileCount = 0;
  for await (const ids of storedIds(objectStore, FILES_PREFIX, CONCURRENT_READS)) {
    const outcomes = await Promise.all(ids.map((id) => indexStoredFile(objectStore, index, id)));
    fileCount += outcomes.filter((isFile) => isFile).length;
  }
  return fileCount;
}

/** Puts the record of a file into the index. @returns false for content without a record */
export async function indexStoredFile(
  objectStore: ObjectStore,
  index: FileIndex,
  id: string,
): Promise<boolean> {
  const record = await readStoredRecord(objectStore, id);
  if (record === undefined) return false;
  await index.put(record);
  // Deleted meanwhile: whoever does it dropped it from the index before the record went.
  if ((await objectStore.stat(recordKey(id))) === undefined) await index.remove(id);
  return true;
}
