import { type FileRecord } from '@tessera/contracts';
import { parseFileRecord } from '@tessera/queue';
import { ObjectNotFoundError, type ObjectStore } from '@tessera/storage';
import { isFileId } from './file-id.js';
import { contentKey, recordKey } from './object-keys.js';

/** The record of a file, from the store. Undefined for an unknown, deleted or expired one. */
export async function readFileRecord(
  objectStore: Pick<ObjectStore, 'get'>,
  id: string,
): Promise<FileRecord | undefined> {
  const record = isFileId(id) ? await readStoredRecord(objectStore, id) : undefined;
  return record === undefined || hasExpired(record) ? undefined : record;
}

/** Where the bytes of a file are that a message of `ownerId` names as its image; undefined where the owner has none. */
export async function resolveImageFile(
  objectStore: Pick<ObjectStore, 'get'>,
  id: string,
  ownerId: string,
): Promise<{ key: string; bytes: number } | undefined> {
  const record = await readFileRecord(objectStore, id);
  return record?.ownerId !== ownerId ? undefined : { key: contentKey(id), bytes: record.bytes };
}

/** The record as it is stored, though its time may be over. */
export async function readStoredRecord(
  objectStore: Pick<ObjectStore, 'get'>,
  id: string,
): Promise<FileRecord | undefined> {
  try {
    return parseFileRecord(Buffer.from(await objectStore.get(recordKey(id))).toString('utf8'));
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return undefined;
    throw error;
  }
}

export async function writeFileRecord(
  objectStore: Pick<ObjectStore, 'put'>,
  record: FileRecord,
): Promise<void> {
  await objectStore.put(recordKey(record.id), Buffer.from(JSON.stringify(record)));
}

/** Whether the time is over for which the file is kept. */
export function hasExpired({ expiresAtMs }: FileRecord): boolean {
  return expiresAtMs !== undefined && expiresAtMs <= Date.now();
}
