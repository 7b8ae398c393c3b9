import { sharedLua } from './shared.lua.js';
import { storedBytesLua } from './stored-bytes.lua.js';

/** Time that an upload is remembered beyond the time in which it takes parts. */
const MEMORY_MS = 86_400_000;

/**
 * Uploads in parts. Keys: `<root>:upload:<id>` hash of `record` (JSON), `status`, `expiresAtMs`, `storedBytes` and
 * `partIds` (of the completion); `<root>:upload-parts:<id>` hash of bytes by part; `<root>:upload-expiries` zset.
 */
const uploadsLua = `${sharedLua}${storedBytesLua}
local EXPIRIES = root .. ':upload-expiries'
local function uploadKey(id) return root .. ':upload:' .. id end
local function partsKey(id) return root .. ':upload-parts:' .. id end

local function ownerOf(id) return cjson.decode(redis.call('HGET', uploadKey(id), 'record')).ownerId end

-- Nil where there is no such upload.
local function statusOf(id)
  local facts = redis.call('HMGET', uploadKey(id), 'status', 'expiresAtMs')
  if facts[1] == 'pending' and tonumber(facts[2]) <= nowMs() then return 'expired' end
  return facts[1] or nil
end
`;

/** ARGV: id, Unix ms until which parts are taken, the record as JSON. */
export const createUploadLua = `${uploadsLua}
local id, expiresAtMs = ARGV[1], tonumber(ARGV[2])
local fields = { 'record', ARGV[3], 'status', 'pending', 'expiresAtMs', ARGV[2], 'storedBytes', 0 }
redis.call('HSET', uploadKey(id), unpack(fields))
redis.call('PEXPIREAT', uploadKey(id), expiresAtMs + ${MEMORY_MS})
redis.call('ZADD', EXPIRIES, expiresAtMs, id)
return 'OK'
`;

/** ARGV: id. Returns {'found', record, status, part ids of the completion or ''} or {'not_found'}. */
export const getUploadLua = `${uploadsLua}
local status = statusOf(ARGV[1])
if not status then return { 'not_found' } end
local facts = redis.call('HMGET', uploadKey(ARGV[1]), 'record', 'partIds')
return { 'found', facts[1], status, facts[2] or '' }
`;

/**
 * Notes a part whose bytes are in the store.
 * ARGV: upload id, part id, its bytes, most bytes and most parts that an upload may have in the store.
 * Returns 'added', 'not_found', 'too_many_bytes', 'too_many_parts' or the status that keeps it from taking parts.
 */
export const addPartLua = `${uploadsLua}
local id, partId, bytes = ARGV[1], ARGV[2], tonumber(ARGV[3])
local status = statusOf(id)
if not status then return 'not_found' end
if status ~= 'pending' then return status end
-- The same command again, sent by the client after a reconnect.
if redis.call('HEXISTS', partsKey(id), partId) == 1 then return 'added' end
if redis.call('HLEN', partsKey(id)) >= tonumber(ARGV[5]) then return 'too_many_parts' end
local stored = tonumber(redis.call('HGET', uploadKey(id), 'storedBytes'))
if stored + bytes > tonumber(ARGV[4]) then return 'too_many_bytes' end
redis.call('HINCRBY', uploadKey(id), 'storedBytes', bytes)
redis.call('HSET', partsKey(id), partId, bytes)
-- What was claimed for the part is the upload's from now on.
setBytes(ownerOf(id), 'part:' .. partId, 0)
setBytes(ownerOf(id), 'upload:' .. id, stored + bytes)
redis.call('PEXPIREAT', partsKey(id), tonumber(redis.call('HGET', uploadKey(id), 'expiresAtMs')) + ${MEMORY_MS})
return 'added'
`;

/** ARGV: upload id. Returns part ids and their bytes in turn. */
export const listPartsLua = `${uploadsLua}
return redis.call('HGETALL', partsKey(ARGV[1]))
`;

/**
 * Ends an upload, unless it has ended before.
 * ARGV: id, 'completed', 'cancelled' or 'expired', part ids of a completion or ''.
 * Returns 'ended', 'not_found', or the status in which it was already.
 */
export const endUploadLua = `${uploadsLua}
local id, wanted = ARGV[1], ARGV[2]
local status = redis.call('HGET', uploadKey(id), 'status')
-- A completion that has begun in time counts; nothing else does once the time is over.
if status == 'pending' and wanted == 'cancelled' then status = statusOf(id) end
if not status then
  redis.call('ZREM', EXPIRIES, id)
  return 'not_found'
end
if status ~= 'pending' then return status end
redis.call('HSET', uploadKey(id), 'status', wanted, 'partIds', ARGV[3])
redis.call('ZREM', EXPIRIES, id)
redis.call('DEL', partsKey(id))
setBytes(ownerOf(id), 'upload:' .. id, 0)
return 'ended'
`;

/** ARGV: ms for which their time must be over, most ids. Returns the ids of such uploads that have not ended. */
export const listExpiredUploadsLua = `${uploadsLua}
return redis.call('ZRANGEBYSCORE', EXPIRIES, '-inf', nowMs() - tonumber(ARGV[1]), 'LIMIT', 0, ARGV[2])
`;

/** ARGV: ids. Returns those of them that are not pending: nobody will read their parts. */
export const notPendingUploadsLua = `${uploadsLua}
local others = {}
for _, id in ipairs(ARGV) do
  if redis.call('HGET', uploadKey(id), 'status') ~= 'pending' then others[#others + 1] = id end
end
return others
`;
