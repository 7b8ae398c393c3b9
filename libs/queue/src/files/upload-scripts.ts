import { UPLOAD_STATUSES } from '@tessera/contracts';
import { type Redis } from 'ioredis';
import { z } from 'zod';
import {
  addPartLua,
  createUploadLua,
  endUploadLua,
  getUploadLua,
  listExpiredUploadsLua,
  listPartsLua,
  notPendingUploadsLua,
} from '../lua/uploads.lua.js';
import { defineScript } from '../script.js';
import { parseUploadRecord } from './record-json.js';
import { type EndUploadOutcome, type UploadIndex } from './upload-index.js';

const ids = z.array(z.string());
const addReply = z.enum([
  'added',
  'not_found',
  'too_many_bytes',
  'too_many_parts',
  'completed',
  'cancelled',
  'expired',
]);
const endReply = z.enum(['ended', 'not_found', ...UPLOAD_STATUSES]);
const getReply = z.union([
  z.tuple([z.literal('found'), z.string(), z.enum(UPLOAD_STATUSES), z.string()]),
  z.tuple([z.literal('not_found')]),
]);
const partsReply = z.array(z.string()).transform((flat) => {
  const bytesOf = new Map<string, number>();
  for (let index = 0; index + 1 < flat.length; index += 2) {
    bytesOf.set(flat[index] ?? '', Number(flat[index + 1]));
  }
  return bytesOf;
});

/** The scripts of uploads, typed. */
export function defineUploadScripts(redis: Redis, root: string): UploadIndex {
  const define = (action: string, lua: string) => defineScript(redis, root, { action, lua });
  const create = define('create the upload', createUploadLua);
  const get = define('read the upload', getUploadLua);
  const addPart = define('note the part', addPartLua);
  const parts = define('list the parts', listPartsLua);
  const end = define('end the upload', endUploadLua);
  const listExpired = define('list uploads whose time is over', listExpiredUploadsLua);
  const notPending = define('look for uploads', notPendingUploadsLua);
  const endAs = async (id: string, status: string, partIds: readonly string[] = []) =>
    endReply.parse(await end(id, status, partIds.join(' '))) satisfies EndUploadOutcome;
  return {
    create: async (record) => void (await create(record.id, record.expiresAtMs, JSON.stringify(record))),
    get: async (id) => {
      const reply = getReply.parse(await get(id));
      if (reply[0] === 'not_found') return undefined;
      const partIds = reply[3] === '' ? [] : reply[3].split(' ');
      return { record: { ...parseUploadRecord(reply[1]), status: reply[2] }, partIds };
    },
    addPart: async ({ uploadId, partId, bytes }, { maxBytes, maxParts }) =>
      addReply.parse(await addPart(uploadId, partId, bytes, maxBytes, maxParts)),
    parts: async (id) => partsReply.parse(await parts(id)),
    complete: (id, partIds) => endAs(id, 'completed', partIds),
    cancel: (id) => endAs(id, 'cancelled'),
    expire: (id) => endAs(id, 'expired'),
    listExpired: async (forMs, limit) => ids.parse(await listExpired(forMs, limit)),
    notPending: async (uploadIds) => ids.parse(await notPending(...uploadIds)),
  };
}
