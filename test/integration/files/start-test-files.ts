import { FileStore, type FileUpkeepOptions, UploadStore } from '@tessera/files';
import { createLogger } from '@tessera/observability';
import { type FileIndex, openFileIndex } from '@tessera/queue';
import { type ObjectStore, openFolderStore } from '@tessera/storage';
import { temporaryDirectory, type TestRedis, uniquePrefix } from '@tessera/testing';
import { Redis } from 'ioredis';

/** Whose every file is, unless a test says otherwise. */
export const OWNER_ID = 'key_1';

/** Files over a folder and a key prefix of their own. */
export interface TestFiles extends FileUpkeepOptions {
  readonly uploads: UploadStore;
  /** Keys of the store. */
  storedKeys(): Promise<string[]>;
  /** Empties this prefix of Redis. */
  loseRedis(): Promise<void>;
  close(): Promise<void>;
}

export async function startTestFiles(redis: TestRedis, retentionSeconds = 3_600): Promise<TestFiles> {
  const directory = await temporaryDirectory('tessera-files');
  const logger = createLogger({ name: 'files', level: 'silent' });
  const objectStore: ObjectStore = await openFolderStore(directory.path);
  const prefix = uniquePrefix('files');
  const index: FileIndex = await openFileIndex({ connection: { url: redis.url, prefix }, logger });
  const files = new FileStore({ objectStore, index, retentionSeconds, logger });
  return {
    objectStore,
    index,
    files,
    logger,
    uploads: new UploadStore({
      objectStore,
      uploads: index.uploads,
      storedBytes: index.storedBytes,
      files,
      logger,
    }),
    storedKeys: async () => (await collect(objectStore.list(''))).sort(),
    loseRedis: () => deleteKeys(redis.url, prefix),
    close: async () => {
      await index.close();
      await directory.remove();
    },
  };
}

export async function* bytesOf(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

export async function readText(files: FileStore, id: string): Promise<string> {
  const { body } = await files.openContent(id);
  return Buffer.concat(await collect(body as AsyncIterable<Buffer>)).toString();
}

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function deleteKeys(url: string, prefix: string): Promise<void> {
  const client = new Redis(url);
  try {
    const keys = await client.keys(`{${prefix}}:*`);
    if (keys.length > 0) await client.del(keys);
  } finally {
    client.disconnect();
  }
}
