import { FILE_PURPOSES } from '@tessera/contracts';
import { orphanLua, sharedLua } from './shared.lua.js';
import { storedBytesLua } from './stored-bytes.lua.js';

/**
 * The index of files. The store has the truth; all of this can be made again from it.
 *
 * Keys: `<root>:file-records` hash of records as JSON by id; `<root>:files-of:<owner>` and
 * `<root>:files-of:<owner>:<purpose>` zsets by creation; `<root>:file-expiries` zset by expiry; `<root>:orphans:<kind>` zset of ids that have objects in the store
 * and no record, by when that was first seen.
 */
const filesLua = `${sharedLua}${storedBytesLua}
local RECORDS, EXPIRIES = root .. ':file-records', root .. ':file-expiries'
local function filesOf(owner) return root .. ':files-of:' .. owner end
local PURPOSES = { ${FILE_PURPOSES.map((purpose) => `'${purpose}'`).join(', ')} }

local function forgetFile(id)
  local record = redis.call('HGET', RECORDS, id)
  redis.call('ZREM', EXPIRIES, id)
  if not record then return 0 end
  local owner = cjson.decode(record).ownerId
  local files = filesOf(owner)
  setBytes(owner, 'file:' .. id, 0)
  redis.call('ZREM', files, id)
  for _, purpose in ipairs(PURPOSES) do redis.call('ZREM', files .. ':' .. purpose, id) end
  return redis.call('HDEL', RECORDS, id)
end
`;

/**
 * Writes or replaces an entry. ARGV: id, owner, purpose, Unix ms of creation, of expiry or '', the record as JSON, bytes.
 */
export const putFileLua = `${filesLua}
local id = ARGV[1]
forgetFile(id)
redis.call('HSET', RECORDS, id, ARGV[6])
redis.call('ZADD', filesOf(ARGV[2]), ARGV[4], id)
redis.call('ZADD', filesOf(ARGV[2]) .. ':' .. ARGV[3], ARGV[4], id)
if ARGV[5] ~= '' then redis.call('ZADD', EXPIRIES, ARGV[5], id) end
setBytes(ARGV[2], 'file:' .. id, tonumber(ARGV[7]))
return 'OK'
`;

/** ARGV: id. Returns how many entries went: 0 or 1. */
export const removeFileLua = `${filesLua}
return forgetFile(ARGV[1])
`;

/**
 * A page of an owner's records. Files that have expired and are not removed yet are left out.
 * ARGV: owner, purpose or '', 'asc' or 'desc', id after which the page begins or '', how many records.
 * Returns {'page', list of records as JSON} or {'unknown_cursor'}.
 */
export const listFilesLua = `${filesLua}
local CHUNK = 1000
local index, limit = filesOf(ARGV[1]), tonumber(ARGV[5])
if ARGV[2] ~= '' then index = index .. ':' .. ARGV[2] end
local rankOf = ARGV[3] == 'asc' and 'ZRANK' or 'ZREVRANK'
local rangeOf = ARGV[3] == 'asc' and 'ZRANGE' or 'ZREVRANGE'
local offset = 0
if ARGV[4] ~= '' then
  local rank = redis.call(rankOf, index, ARGV[4])
  if not rank then return { 'unknown_cursor' } end
  offset = rank + 1
end
local expired = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', EXPIRIES, '-inf', nowMs())) do expired[id] = true end
local records = {}
while #records < limit do
  local ids = redis.call(rangeOf, index, offset, offset + CHUNK - 1)
  if #ids == 0 then break end
  for position, record in ipairs(redis.call('HMGET', RECORDS, unpack(ids))) do
    if record and not expired[ids[position]] and #records < limit then records[#records + 1] = record end
  end
  offset = offset + #ids
end
return { 'page', records }
`;

/** ARGV: most ids. Returns the ids of files whose expiry has passed, longest due first. */
export const listExpiredFilesLua = `${filesLua}
return redis.call('ZRANGEBYSCORE', EXPIRIES, '-inf', nowMs(), 'LIMIT', 0, ARGV[1])
`;

/** Lets a removal that failed wait, so that others get their turn. ARGV: id, ms from now. */
export const postponeFileExpiryLua = `${filesLua}
return redis.call('ZADD', EXPIRIES, 'XX', nowMs() + tonumber(ARGV[2]), ARGV[1])
`;

/** ARGV: ids. Returns those of them that have no entry. */
export const missingFilesLua = `${filesLua}
local missing = {}
for _, id in ipairs(ARGV) do
  if redis.call('HEXISTS', RECORDS, id) == 0 then missing[#missing + 1] = id end
end
return missing
`;

/**
 * Notes since when objects have been without an owner.
 * ARGV: kind of owner, ms after which they may go, then the ids. Returns those of them that may go.
 */
export const noteOrphansLua = `${sharedLua}${orphanLua}
local ids = {}
for position = 3, #ARGV do ids[#ids + 1] = ARGV[position] end
return noteOrphans(root .. ':orphans:' .. ARGV[1], tonumber(ARGV[2]), ids)
`;
