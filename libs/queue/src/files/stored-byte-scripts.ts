import { type Redis } from 'ioredis';
import { z } from 'zod';
import {
  claimBytesLua,
  countFilesLua,
  reconcileBytesLua,
  releaseBytesLua,
  storingOwnersLua,
} from '../lua/stored-bytes.lua.js';
import { callRedis } from '../redis-client.js';
import { defineScript } from '../script.js';
import { type IncomingContent, type StoredBytes } from './stored-bytes.js';

const PAGE_SIZE = 200;
const FIRST_CURSOR = '0';

const claimReply = z.union([
  z.tuple([z.literal('claimed'), z.int()]),
  z.tuple([z.literal('exceeded'), z.int()]),
]);
const pageReply = z.tuple([z.string(), z.array(z.string())]);

/** The scripts that count stored bytes, typed. */
export function defineStoredByteScripts(redis: Redis, root: string): StoredBytes {
  const define = (action: string, lua: string) => defineScript(redis, root, { action, lua });
  const claim = define('claim room in the store', claimBytesLua);
  const release = define('give claimed room back', releaseBytesLua);
  const owners = define('list who has stored something', storingOwnersLua);
  const reconcile = define('compare stored bytes with what exists', reconcileBytesLua);
  const countFiles = define('count the bytes of files', countFilesLua);
  const eachPage = async (page: (cursor: string) => Promise<string>): Promise<void> => {
    let cursor = FIRST_CURSOR;
    do cursor = await page(cursor);
    while (cursor !== FIRST_CURSOR);
  };
  return {
    claim: async (content, { neededBytes, wantedBytes, limitBytes, lapseMs }) => {
      const { ownerId } = content;
      const [kind, bytes] = claimReply.parse(
        await claim(ownerId, entryOf(content), neededBytes, wantedBytes, limitBytes, lapseMs),
      );
      return kind === 'claimed' ? { kind, bytes } : { kind, storedBytes: bytes };
    },
    release: async (content) => void (await release(content.ownerId, entryOf(content))),
    total: async (ownerId) => {
      const key = `${root}:stored-bytes:${ownerId}`;
      return Number((await callRedis('read the stored bytes', () => redis.hget(key, 'total'))) ?? 0);
    },
    reconcile: async () => {
      await eachPage(async (cursor) => z.string().parse(await countFiles(cursor, PAGE_SIZE)));
      const removed: string[] = [];
      for (const owner of z.array(z.string()).parse(await owners())) {
        await eachPage(async (cursor) => {
          const [next, entries] = pageReply.parse(await reconcile(owner, cursor, PAGE_SIZE));
          removed.push(...entries);
          return next;
        });
      }
      return removed;
    },
  };
}

function entryOf({ kind, id }: IncomingContent): string {
  return `${kind}:${id}`;
}
