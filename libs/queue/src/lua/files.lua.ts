import { FILE_PURPOSES } from '@tessera/contracts';
import { orphanLua, sharedLua } from './shared.lua.js';

/**
 * The index of files. The store has the truth; all of this can be made again from it.
 *
 * Keys: `<root>:file-records` hash of records as JSON by id; `<root>:files` and `<root>:files:<purpose>` zsets by
 * creation; `<root>:file-expiries` zset by expiry; `<root>:orphans:<kind>` zset of ids that have objects in the store
 * and no record, by when that was first seen.
 */
const filesLua = `${sharedLua}
local RECORDS, FILES, EXPIRIES = root .. ':file-records', root .. ':files', root .. ':file-expiries'
local PURPOSES = { ${FILE_PURPOSES.map((purpose) => `'${purpose}'`).join(', ')} }

local function forgetFile(id)
  redis.call('ZREM', FILES, id)
  for _, purpose in ipairs(PURPOSES) do redis.call('ZREM', FILES .. ':' .. purpose, id) end
  redis.call('ZREM', EXPIRIES, id)
  return redis.call('HDEL', RECORDS, id)
end
`;

/** Writes or replaces an entry. ARGV: id, purpose, Unix ms of creation, of expiry or '', the record as JSON. */
export const putFileLua = `${filesLua}
local id = ARGV[1]
forgetFile(id)
redis.call('HSET', RECORDS, id, ARGV[5])
redis.call('ZADD', FILES, ARGV[3], id)
redis.call('ZADD', FILES .. ':' .. ARGV[2], ARGV[3], id)
if ARGV[4] ~= '' then redis.call('ZADD', EXPIRIES, ARGV[4], id) end
return 'OK'
`;

/** ARGV: id. Returns how many entries went: 0 or 1. */
export const removeFileLua = `${filesLua}
return forgetFile(ARGV[1])
`;

/**
 * A page of records. Files that have expired and are not removed yet are left out.
 * ARGV: index ('files' or 'files:<purpose>'), 'asc' or 'desc', id after which the page begins or '', how many records.
 * Returns {'page', list of records as JSON} or {'unknown_cursor'}.
 */
export const listFilesLua = `${filesLua}
local CHUNK = 1000
local index, limit = root .. ':' .. ARGV[1], tonumber(ARGV[4])
local rankOf = ARGV[2] == 'asc' and 'ZRANK' or 'ZREVRANK'
local rangeOf = ARGV[2] == 'asc' and 'ZRANGE' or 'ZREVRANGE'
local offset = 0
if ARGV[3] ~= '' then
  local rank = redis.call(rankOf, index, ARGV[3])
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
