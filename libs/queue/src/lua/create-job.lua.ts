import { sharedLua } from './shared.lua.js';

/**
 * Writes a new job's record, indexes and idempotency key, and marks it unqueued until its queue entry is known to exist.
 * ARGV: id, most jobs that may wait, deadline in Unix ms or '', idempotency key hash or '', SHA-256 of the body,
 * seconds the idempotency key is kept, then the record's field and value pairs (status is 'queued').
 * Returns {'created' | 'replayed', record fields} or {'key_reused'} or {'queue_full', jobs waiting}.
 */
export const createJobLua = `${sharedLua}
local id = ARGV[1]
local key = jobKey(id)
local idempotencyKey = root .. ':idempotency:' .. ARGV[4]

if ARGV[4] ~= '' then
  local owner = redis.call('HMGET', idempotencyKey, 'jobId', 'bodySha256')
  -- A key whose job was deleted is free again: there is nothing left to replay.
  if owner[1] and owner[1] ~= id and redis.call('EXISTS', jobKey(owner[1])) == 1 then
    if owner[2] ~= ARGV[5] then return { 'key_reused' } end
    return { 'replayed', redis.call('HGETALL', jobKey(owner[1])) }
  end
end
-- The same command again, sent by the client after a reconnect.
if redis.call('EXISTS', key) == 1 then return { 'created', redis.call('HGETALL', key) } end

local waiting = redis.call('ZCARD', root .. ':jobs:queued')
if waiting >= tonumber(ARGV[2]) then return { 'queue_full', waiting } end

redis.call('HSET', key, unpack(ARGV, 7))
local createdAtMs = redis.call('HGET', key, 'createdAtMs')
redis.call('ZADD', root .. ':jobs', createdAtMs, id)
setStatus(id, 'queued')
redis.call('ZADD', root .. ':unqueued', nowMs(), id)
if ARGV[3] ~= '' then redis.call('ZADD', root .. ':deadlines', ARGV[3], id) end
if ARGV[4] ~= '' then
  redis.call('HSET', idempotencyKey, 'jobId', id, 'bodySha256', ARGV[5])
  redis.call('EXPIRE', idempotencyKey, ARGV[6])
end
return { 'created', redis.call('HGETALL', key) }
`;
