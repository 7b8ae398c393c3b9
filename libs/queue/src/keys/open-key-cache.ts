import { type ApiKeyRecord } from '@tessera/contracts';
import { type Logger } from '@tessera/observability';
import { type Redis } from 'ioredis';
import { z } from 'zod';
import { type QueueConnection } from '../connection.js';
import { UnknownCursorError } from '../errors.js';
import {
  beginKeyChangeLua,
  endKeyChangeLua,
  findKeyByHashLua,
  findKeyByIdLua,
  keyServerRunLua,
  listKeyChangesLua,
  listKeysLua,
  markKeysCompleteLua,
  noteKeyUseLua,
  putKeysLua,
} from '../lua/keys.lua.js';
import { connectRedis, keyRootOf } from '../redis-client.js';
import { defineScript } from '../script.js';
import { subscribe } from '../subscription.js';
import { type KeyCache, type KeyLookup, type KeyPage, type KeyQuery, type KnownKey } from './key-cache.js';
import { parseApiKeyRecord } from './record-json.js';

/** A script takes a bounded number of arguments. */
const RECORDS_PER_CALL = 200;

const lookupReply = z.union([
  z.tuple([z.literal('found'), z.string(), z.string()]),
  z.tuple([z.literal('unknown')]),
  z.tuple([z.literal('incomplete')]),
]);
const pageReply = z.tuple([z.enum(['page', 'unknown_cursor', 'incomplete'])], z.string());

export interface KeyCacheOptions {
  readonly connection: QueueConnection;
  /** Called when any key may have changed, so that what was read before must not be relied on. */
  readonly onNews: () => void;
  readonly logger: Logger;
}

/**
 * Opens the API keys in Redis over connections of its own. Every method rejects with `service_unavailable` at once while
 * Redis is away.
 * @throws {RedisUnavailableError} when Redis cannot be reached now
 */
export async function openKeyCache({ connection, onNews, logger }: KeyCacheOptions): Promise<KeyCache> {
  const root = keyRootOf(connection);
  const redis = await connectRedis(connection, 'fail-fast', logger);
  try {
    const subscription = await subscribe(connection, `${root}:api-key-news`, {
      logger,
      onMessage: onNews,
      onResubscribed: onNews,
    });
    return {
      ...defineReads(redis, root),
      ...defineWrites(redis, root),
      close: async () => {
        subscription.close();
        redis.disconnect();
      },
    };
  } catch (error) {
    redis.disconnect();
    throw error;
  }
}

function defineReads(redis: Redis, root: string) {
  const define = (action: string, lua: string) => defineScript(redis, root, { action, lua });
  const findByHash = define('look for the API key', findKeyByHashLua);
  const findById = define('read the API key', findKeyByIdLua);
  const list = define('list API keys', listKeysLua);
  const listChanges = define('list changes of API keys', listKeyChangesLua);
  const serverRun = define('ask for the run of the server', keyServerRunLua);
  return {
    findByHash: async (hash: string) => toLookup(await findByHash(hash)),
    findById: async (id: string) => toLookup(await findById(id)),
    list: async (query: KeyQuery) => toPage(await list(query.after ?? '', query.limit + 1), query),
    listChanges: async () => z.array(z.string()).parse(await listChanges()),
    serverRun: async () => z.string().parse(await serverRun()),
  };
}

function defineWrites(redis: Redis, root: string) {
  const define = (action: string, lua: string) => defineScript(redis, root, { action, lua });
  const begin = define('begin the change of the API key', beginKeyChangeLua);
  const end = define('end the change of the API key', endKeyChangeLua);
  const put = define('take in API keys', putKeysLua);
  const markComplete = define('mark the API keys as complete', markKeysCompleteLua);
  const noteUse = define('note the use of the API key', noteKeyUseLua);
  return {
    beginChange: async ({ id, token }, leaseMs) => (await begin(id, token, leaseMs)) === 1,
    endChange: async ({ id, token }) => (await end(id, token)) === 1,
    put: async (records) => {
      for (let start = 0; start < records.length; start += RECORDS_PER_CALL) {
        await put(...records.slice(start, start + RECORDS_PER_CALL).flatMap(toArguments));
      }
    },
    markComplete: async (run) => void (await markComplete(run)),
    noteUse: async (id, atMs) => void (await noteUse(id, atMs)),
  } satisfies Partial<KeyCache>;
}

function toArguments(record: ApiKeyRecord): (string | number)[] {
  return [record.id, record.version, record.hash, record.createdAtMs, JSON.stringify(record)];
}

function toLookup(reply: unknown): KeyLookup {
  const [kind, record, use] = lookupReply.parse(reply);
  return kind === 'found' ? { kind, key: toKnownKey(record, use) } : { kind };
}

function toPage(reply: unknown, { limit, after }: KeyQuery): KeyPage {
  const [kind, ...flat] = pageReply.parse(reply);
  if (kind === 'incomplete') return { kind };
  if (kind === 'unknown_cursor') throw new UnknownCursorError(after ?? '', 'key');
  const keys: KnownKey[] = [];
  for (let index = 0; index + 1 < flat.length; index += 2) {
    keys.push(toKnownKey(flat[index] ?? '', flat[index + 1] ?? ''));
  }
  return { kind, keys: keys.slice(0, limit), hasMore: keys.length > limit };
}

function toKnownKey(record: string, use: string): KnownKey {
  return { record: parseApiKeyRecord(record), ...(use === '' ? {} : { lastUsedAtMs: Number(use) }) };
}
