import { FINAL_BATCH_STATUSES } from '@tessera/contracts';
import { outboxLua } from './outbox.lua.js';
import { sharedLua } from './shared.lua.js';

/**
 * What every script about batches begins with.
 *
 * Keys: `<root>:batch:<id>` hash, the record; `<root>:batches-of:<owner>` zset by creation; `<root>:open-batches` zset of
 * those that are not final, by creation, and `<root>:open-batches-of:<owner>` set of an owner's;
 * `<root>:batches-with-parts` zset of final ones whose part files may still be there, by their end;
 * `<root>:batch-expiries` zset of final ones by the end of their retention;
 * `<root>:chunk:<id>:<index>` hash of a chunk that is cut and not committed; `<root>:chunk-rows:<id>:<index>` hash, its
 * journal: row number to what came of it, `started:<row>` to how it runs; `<root>:batch-chunks:<id>` zset of those
 * chunks' indexes; `<root>:batch-parts:<id>` hash of committed chunks, index to outcome; `<root>:unqueued-chunks` zset of
 * chunks (`<id>:<index>`) whose queue entry may be missing, by the time of the mark; channel `<root>:batch-news` (id).
 * The aborts channel also carries "ended <batch id>".
 */
export const batchSharedLua = `${sharedLua}
local function batchKey(id) return root .. ':batch:' .. id end
local function batchesOf(owner) return root .. ':batches-of:' .. owner end
local function openBatchesOf(owner) return root .. ':open-batches-of:' .. owner end
local function chunkKey(id, index) return root .. ':chunk:' .. id .. ':' .. index end
local function rowsKey(id, index) return root .. ':chunk-rows:' .. id .. ':' .. index end
local function chunksKey(id) return root .. ':batch-chunks:' .. id end
local function partsKey(id) return root .. ':batch-parts:' .. id end

local FINAL = { ${FINAL_BATCH_STATUSES.map((status) => `${status} = true`).join(', ')} }

local function joinOpen(id, owner, createdAtMs)
  redis.call('ZADD', root .. ':open-batches', createdAtMs, id)
  redis.call('SADD', openBatchesOf(owner), id)
end

local function leaveOpen(id, owner)
  redis.call('ZREM', root .. ':open-batches', id)
  redis.call('SREM', openBatchesOf(owner), id)
end

local function tellBatchNews(id) redis.call('PUBLISH', root .. ':batch-news', id) end

-- The batch has ended, or will: workers finish the rows they have begun and begin no others.
local function stopChunks(id) redis.call('PUBLISH', root .. ':aborts', 'ended ' .. id) end
`;

/** Needs {@link batchSharedLua}. */
export const tellOfBatchLua = `${outboxLua}
local function tellOfBatch(id, eventType, occurredAtMs)
  local owner = redis.call('HGET', batchKey(id), 'ownerId')
  if isListenedTo(owner, eventType) then appendToOutbox(owner, id, eventType, 'occurredAtMs', occurredAtMs) end
end
`;

/** Needs {@link batchSharedLua}. */
export const finishBatchLua = `${tellOfBatchLua}
local function finishBatch(id, status)
  local key = batchKey(id)
  local finishedAtMs = nowMs()
  redis.call('HSET', key, 'status', status, 'finishedAtMs', finishedAtMs)
  leaveOpen(id, redis.call('HGET', key, 'ownerId'))
  redis.call('DEL', partsKey(id))
  redis.call('ZADD', root .. ':batches-with-parts', finishedAtMs, id)
  local retentionSeconds = tonumber(redis.call('HGET', key, 'retentionSeconds'))
  redis.call('ZADD', root .. ':batch-expiries', finishedAtMs + retentionSeconds * 1000, id)
  tellOfBatch(id, 'batch.' .. status, finishedAtMs)
  tellBatchNews(id)
  return status
end
`;
