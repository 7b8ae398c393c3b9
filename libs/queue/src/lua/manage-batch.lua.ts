import { batchSharedLua, finishBatchLua, tellOfBatchLua } from './batch-shared.lua.js';

/**
 * Writes a new batch, unless its owner has as many open ones as it may. The same call again changes nothing.
 * ARGV: id, owner, most open batches of the owner or '', then the record's field and value pairs.
 * Returns {'kept', record fields} or {'too_many_open', open batches of the owner}.
 */
export const createBatchLua = `${batchSharedLua}
local id, key, owner, limit = ARGV[1], batchKey(ARGV[1]), ARGV[2], tonumber(ARGV[3])
if redis.call('EXISTS', key) == 0 then
  local open = redis.call('SCARD', openBatchesOf(owner))
  if limit and open >= limit then return { 'too_many_open', open } end
  redis.call('HSET', key, unpack(ARGV, 4))
  local createdAtMs = redis.call('HGET', key, 'createdAtMs')
  redis.call('ZADD', batchesOf(owner), createdAtMs, id)
  joinOpen(id, owner, createdAtMs)
  tellBatchNews(id)
end
return { 'kept', redis.call('HGETALL', key) }
`;

/**
 * Writes a batch as it was found in the object store, after its chunks.
 * ARGV: id, '1' when it is final, then field and value pairs. Returns 'restored', or 'known' when Redis has it.
 */
export const restoreBatchLua = `${batchSharedLua}
local id, key = ARGV[1], batchKey(ARGV[1])
if redis.call('EXISTS', key) == 1 then return 'known' end
redis.call('HSET', key, unpack(ARGV, 3))
local createdAtMs, owner = unpack(redis.call('HMGET', key, 'createdAtMs', 'ownerId'))
redis.call('ZADD', batchesOf(owner), createdAtMs, id)
if ARGV[2] == '1' then
  local retentionSeconds = tonumber(redis.call('HGET', key, 'retentionSeconds'))
  redis.call('ZADD', root .. ':batch-expiries', nowMs() + retentionSeconds * 1000, id)
else
  joinOpen(id, owner, createdAtMs)
  tellBatchNews(id)
end
return 'restored'
`;

/**
 * Writes chunks of a batch that Redis does not know yet; those with an outcome are committed.
 * ARGV: id, then of each: index, outcome as JSON or '', from row, to row, from byte, to byte.
 * Returns 'restored', or 'known' when Redis has the batch.
 */
export const restoreChunksLua = `${batchSharedLua}
local id = ARGV[1]
if redis.call('EXISTS', batchKey(id)) == 1 then return 'known' end
for at = 2, #ARGV, 6 do
  local index, outcome = ARGV[at], ARGV[at + 1]
  if outcome ~= '' then
    redis.call('HSET', partsKey(id), index, outcome)
  else
    redis.call('HSET', chunkKey(id, index), 'fromRow', ARGV[at + 2], 'toRow', ARGV[at + 3], 'fromByte', ARGV[at + 4],
      'toByte', ARGV[at + 5], 'crashes', 0)
    redis.call('ZADD', chunksKey(id), index, index)
    redis.call('ZADD', root .. ':unqueued-chunks', 0, id .. ':' .. index)
  end
end
return 'restored'
`;

/**
 * A page of an owner's batches, newest first. Entries whose record is gone are dropped from the index on the way.
 * ARGV: owner, id after which the page begins or '', how many. Returns {'page', list of record fields} or {'unknown_cursor'}.
 */
export const listBatchesLua = `${batchSharedLua}
local index, after, limit = batchesOf(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local start = 0
if after ~= '' then
  local rank = redis.call('ZREVRANK', index, after)
  if not rank then return { 'unknown_cursor' } end
  start = rank + 1
end
local records = {}
while #records < limit do
  local id = redis.call('ZREVRANGE', index, start, start)[1]
  if not id then break end
  local fields = redis.call('HGETALL', batchKey(id))
  if #fields == 0 then
    redis.call('ZREM', index, id)
  else
    records[#records + 1] = fields
    start = start + 1
  end
end
return { 'page', records }
`;

/**
 * Begins to end a batch before its rows are done. ARGV: id, 'cancelled' or 'expired'.
 * Returns {'ending', record fields} (also where it is ending or cancelled already), {'refused', status}
 * or {'not_found'}.
 */
export const endBatchEarlyLua = `${batchSharedLua}
local id, key, earlyEnd = ARGV[1], batchKey(ARGV[1]), ARGV[2]
local facts = redis.call('HMGET', key, 'status', 'earlyEnd')
local status = facts[1]
if not status then return { 'not_found' } end
if status == 'cancelled' or (facts[2] and not FINAL[status]) then return { 'ending', redis.call('HGETALL', key) } end
if status ~= 'validating' and status ~= 'in_progress' then return { 'refused', status } end
if earlyEnd == 'cancelled' then
  redis.call('HSET', key, 'status', 'cancelling', 'cancellingAtMs', nowMs(), 'earlyEnd', earlyEnd)
else
  redis.call('HSET', key, 'status', 'finalizing', 'finalizingAtMs', nowMs(), 'earlyEnd', earlyEnd)
end
stopChunks(id)
tellBatchNews(id)
return { 'ending', redis.call('HGETALL', key) }
`;

/** Needs {@link batchSharedLua}. Counts what exists, so that nothing is counted that is gone. */
const queuedRowsLua = `
-- Rows of an owner's batches that are not done. Of batches that end early none will begin.
local function queuedRows(owner)
  local rows = 0
  for _, batch in ipairs(redis.call('SMEMBERS', openBatchesOf(owner))) do
    local facts = redis.call('HMGET', batchKey(batch), 'status', 'earlyEnd', 'total', 'completed', 'failed')
    if facts[1] and facts[1] ~= 'validating' and not facts[2] then
      rows = rows + tonumber(facts[3]) - tonumber(facts[4]) - tonumber(facts[5])
    end
  end
  return rows
end
`;

/** ARGV: owner. Returns {its open batches, rows of them that are not done}. */
export const batchLoadLua = `${batchSharedLua}${queuedRowsLua}
return { redis.call('SCARD', openBatchesOf(ARGV[1])), queuedRows(ARGV[1]) }
`;

/**
 * The input is valid: its rows may be worked on, unless its owner would have more to do than it may.
 * ARGV: id, rows of it, then field and value pairs (model, inputKey, total, inputBytes).
 * Returns {the status after it} or {'too_many_rows', rows of its owner's other batches}.
 */
export const beginBatchLua = `${batchSharedLua}${tellOfBatchLua}
local id, key = ARGV[1], batchKey(ARGV[1])
${queuedRowsLua}
local facts = redis.call('HMGET', key, 'status', 'ownerId', 'maxQueuedRows')
local status = facts[1]
if not status then return { 'gone' } end
if FINAL[status] then return { status } end
if status == 'validating' and facts[3] then
  local queued = queuedRows(facts[2])
  if queued + tonumber(ARGV[2]) > tonumber(facts[3]) then return { 'too_many_rows', queued } end
end
-- One that was cancelled meanwhile needs to know its rows as well.
redis.call('HSET', key, unpack(ARGV, 3))
if status == 'validating' then
  local inProgressAtMs = nowMs()
  redis.call('HSET', key, 'status', 'in_progress', 'inProgressAtMs', inProgressAtMs)
  tellOfBatch(id, 'batch.in_progress', inProgressAtMs)
  status = 'in_progress'
end
tellBatchNews(id)
return { status }
`;

/** The input is not valid: nothing ran. ARGV: id, errors as JSON. Returns the status after it. */
export const failBatchLua = `${batchSharedLua}${finishBatchLua}
local id, key = ARGV[1], batchKey(ARGV[1])
local status = redis.call('HGET', key, 'status')
if not status then return 'gone' end
if FINAL[status] then return status end
redis.call('HSET', key, 'errors', ARGV[2])
return finishBatch(id, 'failed')
`;

/**
 * Every row has its line, or will get one without running: the files may be put together. Their ids, once given, stay.
 * ARGV: id, output file id, error file id.
 * Returns {'finalizing', output file id, error file id}, {'busy'} while chunks are open or rows are left, or {'gone'}.
 */
export const finalizeBatchLua = `${batchSharedLua}
local id, key = ARGV[1], batchKey(ARGV[1])
local facts = redis.call('HMGET', key, 'status', 'earlyEnd', 'openChunks', 'nextRow', 'total')
local status = facts[1]
if not status or FINAL[status] then return { 'gone' } end
if tonumber(facts[3]) > 0 then return { 'busy' } end
if not facts[2] and (status == 'validating' or facts[4] ~= facts[5]) then return { 'busy' } end
redis.call('HSETNX', key, 'plannedOutputFileId', ARGV[2])
redis.call('HSETNX', key, 'plannedErrorFileId', ARGV[3])
redis.call('HSETNX', key, 'finalizingAtMs', nowMs())
if status == 'in_progress' then
  redis.call('HSET', key, 'status', 'finalizing')
end
return { 'finalizing', redis.call('HGET', key, 'plannedOutputFileId'), redis.call('HGET', key, 'plannedErrorFileId') }
`;

/**
 * The files are there. ARGV: id, final status, output file id or '', error file id or ''. Returns the final status or
 * 'gone'.
 */
export const finishBatchScriptLua = `${batchSharedLua}${finishBatchLua}
local id, key = ARGV[1], batchKey(ARGV[1])
local status = redis.call('HGET', key, 'status')
if not status then return 'gone' end
if FINAL[status] then return status end
if ARGV[3] ~= '' then redis.call('HSET', key, 'outputFileId', ARGV[3]) end
if ARGV[4] ~= '' then redis.call('HSET', key, 'errorFileId', ARGV[4]) end
return finishBatch(id, ARGV[2])
`;

/** Removes a final batch's record. ARGV: id. Returns 'deleted' or 'open'. */
export const deleteBatchLua = `${batchSharedLua}
local id = ARGV[1]
local facts = redis.call('HMGET', batchKey(id), 'status', 'ownerId')
if facts[1] and not FINAL[facts[1]] then return 'open' end
redis.call('DEL', batchKey(id), partsKey(id))
if facts[2] then
  redis.call('ZREM', batchesOf(facts[2]), id)
  redis.call('SREM', openBatchesOf(facts[2]), id)
end
for _, index in ipairs({ ':open-batches', ':batches-with-parts', ':batch-expiries' }) do
  redis.call('ZREM', root .. index, id)
end
return 'deleted'
`;

/** Ids of final batches whose retention has passed. ARGV: most ids. */
export const dueBatchesLua = `${batchSharedLua}
return redis.call('ZRANGEBYSCORE', root .. ':batch-expiries', '-inf', nowMs(), 'LIMIT', 0, ARGV[1])
`;

/** Ids of final batches whose part files may still be there, and that ended so long ago. ARGV: ms, most ids. */
export const batchesWithPartsLua = `${batchSharedLua}
return redis.call('ZRANGEBYSCORE', root .. ':batches-with-parts', '-inf', nowMs() - ARGV[1], 'LIMIT', 0, ARGV[2])
`;

/** Holds or renews a lease. ARGV: name, holder, ms it lasts. Returns 1 when it is the holder's, else 0. */
export const holdLeaseLua = `${batchSharedLua}
local key = root .. ':lease:' .. ARGV[1]
local holder = redis.call('GET', key)
if holder and holder ~= ARGV[2] then return 0 end
redis.call('SET', key, ARGV[2], 'PX', ARGV[3])
return 1
`;

/** ARGV: name, holder. */
export const releaseLeaseLua = `${batchSharedLua}
local key = root .. ':lease:' .. ARGV[1]
if redis.call('GET', key) == ARGV[2] then redis.call('DEL', key) end
return 'released'
`;
