import { type Logger } from '@tessera/observability';
import { type Redis } from 'ioredis';
import { z } from 'zod';
import { type QueueConnection } from '../connection.js';
import { UnknownCursorError } from '../errors.js';
import {
  listExpiredFilesLua,
  listFilesLua,
  missingFilesLua,
  noteOrphansLua,
  postponeFileExpiryLua,
  putFileLua,
  removeFileLua,
} from '../lua/files.lua.js';
import { connectRedis, keyRootOf, pingRedis } from '../redis-client.js';
import { defineScript } from '../script.js';
import { type FileIndex, type FilePage, type FileQuery } from './file-index.js';
import { parseFileRecord } from './record-json.js';
import { defineStoredByteScripts } from './stored-byte-scripts.js';
import { defineUploadScripts } from './upload-scripts.js';

const ids = z.array(z.string());
const listReply = z.union([
  z.tuple([z.literal('page'), z.array(z.string().transform(parseFileRecord))]),
  z.tuple([z.literal('unknown_cursor')]),
]);

/**
 * Opens the index of files over a connection of its own. Every method rejects with `service_unavailable` at once while
 * Redis is away.
 * @throws {RedisUnavailableError} when Redis cannot be reached now
 */
export async function openFileIndex(options: {
  readonly connection: QueueConnection;
  readonly logger: Logger;
}): Promise<FileIndex> {
  const redis = await connectRedis(options.connection, 'fail-fast', options.logger);
  return defineFileScripts(redis, keyRootOf(options.connection));
}

function defineFileScripts(redis: Redis, root: string): FileIndex {
  const define = (action: string, lua: string) => defineScript(redis, root, { action, lua });
  const put = define('index the file', putFileLua);
  const remove = define('drop the file from the index', removeFileLua);
  const list = define('list files', listFilesLua);
  const listExpired = define('list expired files', listExpiredFilesLua);
  const postponeExpiry = define('postpone the removal of a file', postponeFileExpiryLua);
  const missing = define('look for files', missingFilesLua);
  const noteOrphans = define('note objects that nobody owns', noteOrphansLua);
  return {
    uploads: defineUploadScripts(redis, root),
    storedBytes: defineStoredByteScripts(redis, root),
    put: async (record) => {
      const { id, ownerId, purpose, createdAtMs, expiresAtMs } = record;
      await put(id, ownerId, purpose, createdAtMs, expiresAtMs ?? '', JSON.stringify(record), record.bytes);
    },
    remove: async (id) => z.int().parse(await remove(id)) > 0,
    list: async (query) => {
      // One more than asked for tells whether there are more.
      const { ownerId, purpose = '', order, after = '', limit } = query;
      const reply = await list(ownerId, purpose, order, after, limit + 1);
      return toPage(listReply.parse(reply), query);
    },
    listExpired: async (limit) => ids.parse(await listExpired(limit)),
    postponeExpiry: async (id, byMs) => void (await postponeExpiry(id, byMs)),
    missing: async (fileIds) => ids.parse(await missing(...fileIds)),
    noteOrphans: async (kind, ownerIds, afterMs) => ids.parse(await noteOrphans(kind, afterMs, ...ownerIds)),
    ping: () => pingRedis(redis),
    close: async () => redis.disconnect(),
  };
}

function toPage(reply: z.infer<typeof listReply>, { limit, after }: FileQuery): FilePage {
  if (reply[0] === 'unknown_cursor') throw new UnknownCursorError(after ?? '', 'file');
  const records = reply[1];
  return { records: records.slice(0, limit), hasMore: records.length > limit };
}
