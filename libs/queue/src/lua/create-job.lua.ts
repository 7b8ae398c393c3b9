import { lineLua } from './line.lua.js';
import { sharedLua } from './shared.lua.js';
import { storedBytesLua } from './stored-bytes.lua.js';

/** What a key has done before: {'replayed', record fields}, {'key_reused'}, or nil; `id` is that of the job at hand. */
const earlierUseLua = `
local function earlierUse(keyHash, bodySha256, id)
  local owner = redis.call('HMGET', root .. ':idempotency:' .. keyHash, 'jobId', 'bodySha256')
  -- A key whose job was deleted is free again: there is nothing left to replay.
  if not owner[1] or owner[1] == id or redis.call('EXISTS', jobKey(owner[1])) == 0 then return nil end
  if owner[2] ~= bodySha256 then return { 'key_reused' } end
  return { 'replayed', redis.call('HGETALL', jobKey(owner[1])) }
end
`;

/** ARGV: idempotency key hash, SHA-256 of the body. Returns {'replayed', record fields}, {'key_reused'} or {'unused'}. */
export const findEarlierUseLua = `${sharedLua}${earlierUseLua}
return earlierUse(ARGV[1], ARGV[2], '') or { 'unused' }
`;

/**
 * Writes a new job's record, indexes and idempotency key, and puts it into the line.
 * ARGV: id, most jobs that may wait, deadline in Unix ms or '', idempotency key hash or '', SHA-256 of the body,
 * seconds the idempotency key is kept, owner, most jobs of the owner that may wait or '', bytes of the job's images, most
 * bytes that the owner may have stored or '', then the record's field and value pairs (status is 'queued').
 * Returns {'created', queue entries missing}, {'replayed', record fields}, {'key_reused'},
 * {'queue_full' | 'owner_queue_full', jobs waiting} or {'store_full', bytes that the owner has stored}.
 */
export const createJobLua = `${sharedLua}${lineLua}${earlierUseLua}${storedBytesLua}
local id, owner = ARGV[1], ARGV[7]
local imageBytes = tonumber(ARGV[9])
local key = jobKey(id)
local idempotencyKey = root .. ':idempotency:' .. ARGV[4]

local function created(model, queue) return { 'created', missingEntries(model, queue) } end

local earlier = ARGV[4] ~= '' and earlierUse(ARGV[4], ARGV[5], id)
if earlier then return earlier end
-- The same command again, sent by the client after a reconnect.
if redis.call('EXISTS', key) == 1 then return created(unpack(redis.call('HMGET', key, 'model', 'queue'))) end

local waiting = redis.call('ZCARD', root .. ':jobs:queued')
if waiting >= tonumber(ARGV[2]) then return { 'queue_full', waiting } end
local ownWaiting = ARGV[8] ~= '' and countQueued(owner)
if ownWaiting and ownWaiting >= tonumber(ARGV[8]) then return { 'owner_queue_full', ownWaiting } end
if ARGV[10] ~= '' and imageBytes > 0 then
  local limit = tonumber(ARGV[10])
  local room = roomFor(owner, 'job:' .. id, limit)
  if imageBytes > room then return { 'store_full', limit - room } end
end

local fields = {}
for index = 11, #ARGV, 2 do fields[ARGV[index]] = ARGV[index + 1] end
local model, createdAtMs, place = fields.model, fields.createdAtMs, newPlace(fields.priority)
redis.call('HSET', key, 'place', place, unpack(ARGV, 11))
if imageBytes > 0 then setBytes(owner, 'job:' .. id, imageBytes) end
if fields.isHidden ~= '1' then redis.call('ZADD', jobsOf(owner), createdAtMs, id) end
moveIndexes(id, owner, createdAtMs, fields.isHidden, false, 'queued')
joinLine(id, owner, model, place)
if ARGV[3] ~= '' then redis.call('ZADD', root .. ':deadlines', ARGV[3], id) end
if ARGV[4] ~= '' then
  redis.call('HSET', idempotencyKey, 'jobId', id, 'bodySha256', ARGV[5])
  redis.call('EXPIRE', idempotencyKey, ARGV[6])
end
return created(model, fields.queue)
`;
