import { randomUUID } from 'node:crypto';
import { type ObjectStore, ObjectStoreUnavailableError, openObjectStore } from '@tessera/storage';
import { type Check, type CheckContext, type CheckResult } from '../check.js';
import { nearestExisting, tryToWrite } from './writable-folder.js';

type Store = CheckContext['config']['store'];

/** The folder or bucket of TESSERA_STORE: whether it can be written, read and emptied again. */
export const objectStoreCheck: Check = {
  name: 'object store',
  run: ({ config: { store } }) =>
    store.kind === 'folder' ? checkFolder(store.directory) : checkBucket(store),
};

async function checkFolder(directory: string): Promise<CheckResult> {
  const failure = await tryToWrite(await nearestExisting(directory));
  const facts = { kind: 'folder', directory, writable: failure === undefined };
  if (failure === undefined) return { status: 'ok', summary: `${directory} can be written`, facts };
  const summary = `${directory} cannot be written: ${failure.message}`;
  return { status: 'broken', summary, remedy: 'give this user the right to, or set TESSERA_STORE', facts };
}

async function checkBucket(store: Extract<Store, { kind: 's3' }>): Promise<CheckResult> {
  const place = `s3://${store.bucket}/${store.prefix}`;
  const facts = { kind: 's3', bucket: store.bucket, prefix: store.prefix, endpoint: store.service.endpoint };
  try {
    await exchangeObject(await openObjectStore(store));
    const summary = `${place} can be written, read and emptied`;
    return { status: 'ok', summary, facts: { ...facts, usable: true } };
  } catch (error) {
    if (!(error instanceof ObjectStoreUnavailableError)) throw error;
    const remedy = 'see docs/operations.md, "S3"; or set TESSERA_STORE to a folder';
    return { status: 'broken', summary: error.message, remedy, facts: { ...facts, usable: false } };
  }
}

async function exchangeObject(store: ObjectStore): Promise<void> {
  const key = `health/${randomUUID()}`;
  await store.put(key, Buffer.from('ok'));
  await store.get(key);
  await store.delete(key);
}
