import { type ApiKeys, openApiKeys } from '@tessera/api-keys';
import { createLogger } from '@tessera/observability';
import { type ObjectStore, openFolderStore } from '@tessera/storage';
import { temporaryDirectory, type TestRedis, uniquePrefix } from '@tessera/testing';
import { Redis } from 'ioredis';

/** What a test says about a replica of the keys. */
export interface ReplicaOptions {
  /** Stands still unless it is given: what is remembered then never grows old. */
  readonly now?: () => number;
  readonly objectStore?: ObjectStore;
}

/** Keys over a folder and a Redis prefix of their own. */
export interface TestKeys {
  readonly objectStore: ObjectStore;
  readonly root: string;
  readonly connection: { readonly url: string; readonly prefix: string };
  readonly logLines: readonly string[];
  /** One more process that uses the same keys. */
  replica(options?: ReplicaOptions): Promise<ApiKeys>;
  /** Everything that the store and Redis hold of keys, as text. */
  everythingKept(): Promise<string>;
  withRedis<T>(use: (redis: Redis) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export async function startTestKeys(redis: TestRedis): Promise<TestKeys> {
  const directory = await temporaryDirectory('tessera-keys');
  const objectStore = await openFolderStore(directory.path);
  const connection = { url: redis.url, prefix: uniquePrefix('keys') };
  const root = `{${connection.prefix}}`;
  const logLines: string[] = [];
  const destination = { write: (line: string) => void logLines.push(line) };
  const logger = createLogger({ name: 'keys', level: 'debug', destination });
  const opened: ApiKeys[] = [];
  const startedAtMs = Date.now();
  const withRedis = async <T>(use: (client: Redis) => Promise<T>): Promise<T> => {
    const client = new Redis(redis.url);
    try {
      return await use(client);
    } finally {
      client.disconnect();
    }
  };
  return {
    objectStore,
    connection,
    root,
    logLines,
    withRedis,
    replica: async (options = {}) => {
      const replica = await openApiKeys({
        connection,
        logger,
        objectStore: options.objectStore ?? objectStore,
        now: options.now ?? (() => startedAtMs),
      });
      opened.push(replica);
      return replica;
    },
    everythingKept: async () => {
      const objects: string[] = [];
      for await (const key of objectStore.list(''))
        objects.push(key, Buffer.from(await objectStore.get(key)).toString());
      const hashes = await withRedis(async (client) => {
        const keys = await client.keys(`${root}:api-key*`);
        return Promise.all(keys.map(async (key) => [key, await client.dump(key)]));
      });
      return [...objects, ...hashes.flat()].join('\n');
    },
    close: async () => {
      await Promise.all(opened.map((replica) => replica.close()));
      await directory.remove();
    },
  };
}
