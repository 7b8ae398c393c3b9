import { lineLua } from './line.lua.js';
import { finishJobLua, sharedLua } from './shared.lua.js';
import { storedBytesLua } from './stored-bytes.lua.js';

/** Owners that a place in the queue takes into account, so that the script takes bounded time. */
const COUNTED_OWNERS = 1_000;

/**
 * Cancels a queued job at once, or asks the worker of a running one to stop.
 * ARGV: id. Returns 'cancelled', 'requested', 'already_final' or 'not_found'.
 */
export const requestCancelLua = `${sharedLua}${lineLua}${finishJobLua}
local id = ARGV[1]
local status = redis.call('HGET', jobKey(id), 'status')
if not status then return 'not_found' end
if not isOpen(status) then return 'already_final' end
redis.call('HSET', jobKey(id), 'cancelRequested', '1')
if status == 'queued' then return cancelJob(id) end
redis.call('PUBLISH', root .. ':aborts', 'cancelled ' .. id)
return 'requested'
`;

/**
 * Counts the jobs that would be taken before a waiting one if no other came: of its own owner those before it, of every
 * other one those that are due earlier (the most advanced ${COUNTED_OWNERS} owners are counted).
 * ARGV: id. Returns the count, or 'not_waiting'.
 */
export const queuePositionLua = `${sharedLua}${lineLua}
local id = ARGV[1]
local facts = redis.call('HMGET', jobKey(id), 'status', 'model', 'ownerId', 'weight', 'entryId', 'place')
local status, model, owner, weight, entryId, place = unpack(facts)
if status ~= 'queued' then return 'not_waiting' end
if entryId then return 0 end
-- One that waits to be tried again stands where it will come back.
local ahead = redis.call('ZCOUNT', ownLineKey(owner, model), '-inf', '(' .. place)
local time = redis.call('ZSCORE', ownersKey(model), owner) or startingTime(owner, model)

local dueAt = tonumber(time) + ahead / tonumber(weight)
local others = redis.call('ZRANGEBYSCORE', ownersKey(model), '-inf', dueAt, 'WITHSCORES', 'LIMIT', 0, ${COUNTED_OWNERS})
for i = 1, #others, 2 do
  local other = others[i]
  local first = other ~= owner and redis.call('ZRANGE', ownLineKey(other, model), 0, 0)[1]
  if first then
    local otherWeight = tonumber(redis.call('HGET', jobKey(first), 'weight') or 1)
    local due = (dueAt - tonumber(others[i + 1])) * otherWeight
    -- At equal times the lesser id goes first.
    local count = other < owner and math.floor(due) + 1 or math.ceil(due)
    ahead = ahead + math.min(count, redis.call('ZCARD', ownLineKey(other, model)))
  end
end
return ahead
`;

/**
 * Deletes a final job's record, events and index entries.
 * ARGV: id. Returns 'deleted', 'open' or 'not_found'.
 */
export const deleteJobLua = `${sharedLua}${storedBytesLua}
local id = ARGV[1]
local facts = redis.call('HMGET', jobKey(id), 'status', 'ownerId')
local status = facts[1]
if not status then return 'not_found' end
if isOpen(status) then return 'open' end
redis.call('DEL', jobKey(id), eventsKey(id))
forgetJob(id, facts[2])
setBytes(facts[2], 'job:' .. id, 0)
return 'deleted'
`;

/**
 * A page of an owner's records, newest first. It takes as many steps as the page is long, whatever else there is.
 * ARGV: owner, status or '', id after which the page begins or '', how many records.
 * Returns {'page', list of record fields}, {'unknown_cursor'}, or {'again'} where index entries of records that have
 * expired were in the way; they are gone now.
 */
export const listJobsLua = `${sharedLua}
local owner, status, after, limit = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local all = jobsOf(owner)
local index = status == '' and all or statusIndex(owner, status)

-- Where the job is in the index from its newest on, or would be: it may have another status by now.
local function rankOf(id, createdAtMs)
  local isOther = redis.call('ZADD', index, 'NX', createdAtMs, id) == 1
  local rank = redis.call('ZREVRANK', index, id)
  if isOther then redis.call('ZREM', index, id) end
  return isOther and rank or rank + 1
end

local first = 0
if after ~= '' then
  local createdAtMs = redis.call('ZSCORE', all, after)
  if not createdAtMs then return { 'unknown_cursor' } end
  first = rankOf(after, createdAtMs)
end

-- Hidden jobs are below 0.
local last = math.min(first + limit, redis.call('ZCOUNT', index, 0, '+inf')) - 1
if last < first then return { 'page', {} } end
local records, isComplete = {}, true
for _, id in ipairs(redis.call('ZREVRANGE', index, first, last)) do
  local fields = redis.call('HGETALL', jobKey(id))
  if #fields > 0 then
    records[#records + 1] = fields
  else
    forgetJob(id, owner)
    isComplete = false
  end
end
return isComplete and { 'page', records } or { 'again' }
`;
