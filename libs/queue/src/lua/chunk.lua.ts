import { batchSharedLua } from './batch-shared.lua.js';
import { tokensLua } from './tokens.lua.js';

/**
 * Cuts the next chunk off a batch's rows, and marks it unqueued until its queue entry is known to exist.
 * ARGV: id, byte where the caller thinks the next chunk begins, row and byte where it ends.
 * Returns {'cut', index} or {'stale'} when the batch is elsewhere by now or takes no more chunks.
 */
export const cutChunkLua = `${batchSharedLua}
local id, key = ARGV[1], batchKey(ARGV[1])
local facts = redis.call('HMGET', key, 'status', 'nextByte', 'nextRow', 'nextChunk')
if facts[1] ~= 'in_progress' or facts[2] ~= ARGV[2] then return { 'stale' } end
local index = facts[4]
redis.call('HSET', chunkKey(id, index), 'fromRow', facts[3], 'toRow', ARGV[3], 'fromByte', facts[2], 'toByte', ARGV[4],
  'crashes', 0)
redis.call('HSET', key, 'nextRow', ARGV[3], 'nextByte', ARGV[4], 'lastCutAtMs', nowMs())
redis.call('HINCRBY', key, 'nextChunk', 1)
redis.call('HINCRBY', key, 'openChunks', 1)
redis.call('ZADD', chunksKey(id), index, index)
redis.call('ZADD', root .. ':unqueued-chunks', nowMs(), id .. ':' .. index)
return { 'cut', tonumber(index) }
`;

/** Needs {@link batchSharedLua}. Returns nil when the attempt may write, else what to answer instead. */
const chunkFenceLua = `
local function refusal(id, index, token)
  local current = redis.call('HGET', chunkKey(id, index), 'attemptToken')
  if current == token then return nil end
  local part = redis.call('HGET', partsKey(id), index)
  -- A command that was sent again after a reconnect.
  if part and cjson.decode(part).token == token then return 'committed' end
  if redis.call('EXISTS', chunkKey(id, index)) == 0 then return 'gone' end
  return 'superseded'
end
`;

/** Needs {@link batchSharedLua}. What whoever works on a chunk needs to know of its batch, field and value in turn. */
const chunkFactsLua = `
local function chunkFacts(id)
  local facts = redis.call('HMGET', batchKey(id), 'inputKey', 'ownerId', 'requestId')
  return { 'inputKey', facts[1], 'ownerId', facts[2], 'requestId', facts[3] }
end
`;

/**
 * Makes an attempt the chunk's current one. A token left by an attempt that never ended means that its worker died. A
 * batch that ends early begins nothing more: the dispatcher takes its chunks over.
 * ARGV: id, index, token. Returns {'started', chunk fields, journal, facts of the batch} or {'gone'}.
 */
export const startChunkLua = `${batchSharedLua}${chunkFactsLua}
local id, index, token = ARGV[1], ARGV[2], ARGV[3]
local key = chunkKey(id, index)
if redis.call('EXISTS', key) == 0 then return { 'gone' } end
redis.call('ZREM', root .. ':unqueued-chunks', id .. ':' .. index)
if redis.call('HGET', batchKey(id), 'status') ~= 'in_progress' then
  redis.call('HDEL', key, 'attemptToken')
  tellBatchNews(id)
  return { 'gone' }
end
local previous = redis.call('HGET', key, 'attemptToken')
if previous and previous ~= token then redis.call('HINCRBY', key, 'crashes', 1) end
redis.call('HSET', key, 'attemptToken', token)
return { 'started', redis.call('HGETALL', key), redis.call('HGETALL', rowsKey(id, index)), chunkFacts(id) }
`;

/**
 * Journals what came of rows. ARGV: id, index, token, then row number and entry of each.
 * Returns 'journaled' or a refusal.
 */
export const journalRowsLua = `${batchSharedLua}${chunkFenceLua}
local id, index = ARGV[1], ARGV[2]
local refused = refusal(id, index, ARGV[3])
if refused then return refused end
local key = rowsKey(id, index)
for argument = 4, #ARGV, 2 do
  redis.call('HSET', key, ARGV[argument], ARGV[argument + 1])
  redis.call('HDEL', key, 'started:' .. ARGV[argument])
end
return 'journaled'
`;

/** Notes that a row begins to run. ARGV: id, index, token, row, 'shared' or 'alone'. Returns 'marked' or a refusal. */
export const markRowLua = `${batchSharedLua}${chunkFenceLua}
local id, index = ARGV[1], ARGV[2]
local refused = refusal(id, index, ARGV[3])
if refused then return refused end
redis.call('HSET', rowsKey(id, index), 'started:' .. ARGV[4], ARGV[5])
return 'marked'
`;

/**
 * Ends the chunk: its part files count from now on, and nobody else's.
 * ARGV: id, index, token, outcome as JSON (with the token), completed, failed, input, cached and output tokens, rows that
 * ran in this attempt, ms it took, ms that its rows held places. Returns 'committed' or a refusal.
 */
export const commitChunkLua = `${batchSharedLua}${tokensLua}${chunkFenceLua}
local id, index = ARGV[1], ARGV[2]
local refused = refusal(id, index, ARGV[3])
if refused then return refused end
local key = batchKey(id)
redis.call('HSET', partsKey(id), index, ARGV[4])
redis.call('HINCRBY', key, 'completed', ARGV[5])
redis.call('HINCRBY', key, 'failed', ARGV[6])
redis.call('HINCRBY', key, 'inputTokens', ARGV[7])
redis.call('HINCRBY', key, 'cachedTokens', ARGV[8])
redis.call('HINCRBY', key, 'outputTokens', ARGV[9])
addTokens(redis.call('HGET', key, 'ownerId'), tonumber(ARGV[7]) + tonumber(ARGV[9]))
redis.call('HINCRBY', key, 'openChunks', -1)
redis.call('HINCRBY', key, 'workMs', ARGV[12])
local rows = tonumber(ARGV[10])
if rows > 0 then
  local rowMs = tonumber(ARGV[11]) / rows
  local mean = redis.call('HGET', key, 'rowMs')
  if mean then rowMs = 0.5 * rowMs + 0.5 * tonumber(mean) end
  redis.call('HSET', key, 'rowMs', tostring(rowMs))
end
redis.call('DEL', chunkKey(id, index), rowsKey(id, index))
redis.call('ZREM', chunksKey(id), index)
redis.call('ZREM', root .. ':unqueued-chunks', id .. ':' .. index)
tellBatchNews(id)
return 'committed'
`;

/**
 * Gives the chunk back; rows in its journal stay done. ARGV: id, index, token. Returns 'released' or a refusal.
 */
export const releaseChunkLua = `${batchSharedLua}${chunkFenceLua}
local id, index = ARGV[1], ARGV[2]
local refused = refusal(id, index, ARGV[3])
if refused then return refused end
redis.call('HDEL', chunkKey(id, index), 'attemptToken')
local key = rowsKey(id, index)
for _, field in ipairs(redis.call('HKEYS', key)) do
  if string.sub(field, 1, 8) == 'started:' then redis.call('HDEL', key, field) end
end
if redis.call('HGET', batchKey(id), 'status') ~= 'in_progress' then tellBatchNews(id) end
return 'released'
`;

/**
 * Takes a chunk of a batch that ends early away from the workers: at once when none works on it, else once the batch has
 * been ending for longer than the grace. ARGV: id, index, token, grace in ms. Returns what {@link startChunkLua} does, or {'busy'}.
 */
export const seizeChunkLua = `${batchSharedLua}${chunkFactsLua}
local id, index, token = ARGV[1], ARGV[2], ARGV[3]
local key = chunkKey(id, index)
if redis.call('EXISTS', key) == 0 then return { 'gone' } end
local current = redis.call('HGET', key, 'attemptToken')
local ending = redis.call('HMGET', batchKey(id), 'cancellingAtMs', 'finalizingAtMs')
local since = tonumber(ending[1] or ending[2] or nowMs())
if current and current ~= token and nowMs() - since < tonumber(ARGV[4]) then return { 'busy' } end
redis.call('HSET', key, 'attemptToken', token)
return { 'started', redis.call('HGETALL', key), redis.call('HGETALL', rowsKey(id, index)), chunkFacts(id) }
`;

/** Chunks (\`<id>:<index>\`) marked unqueued for longer than ARGV[1] ms; at most ARGV[2]. */
export const dueChunksLua = `${batchSharedLua}
return redis.call('ZRANGEBYSCORE', root .. ':unqueued-chunks', '-inf', nowMs() - tonumber(ARGV[1]), 'LIMIT', 0, ARGV[2])
`;

/**
 * Compares the open chunks of a batch with BullMQ, and marks those without a queue entry.
 * ARGV: id, name of the queue. Returns the indexes marked.
 */
export const reconcileChunksLua = `${batchSharedLua}
local id, marked = ARGV[1], {}
for _, index in ipairs(redis.call('ZRANGE', chunksKey(id), 0, -1)) do
  if redis.call('EXISTS', root .. ':' .. ARGV[2] .. ':' .. id .. '_' .. index) == 0 then
    if redis.call('ZADD', root .. ':unqueued-chunks', 'NX', nowMs(), id .. ':' .. index) == 1 then
      marked[#marked + 1] = index
    end
  end
end
return marked
`;
