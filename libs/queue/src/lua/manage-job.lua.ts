import { finishJobLua, sharedLua } from './shared.lua.js';

/**
 * Cancels a queued job at once, or asks the worker of a running one to stop.
 * ARGV: id. Returns 'cancelled', 'requested', 'already_final' or 'not_found'.
 */
export const requestCancelLua = `${sharedLua}${finishJobLua}
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
 * Ends the job as expired if its deadline has passed, and tells the worker that may be running it.
 * ARGV: id. Returns 'expired' or 'unchanged'.
 */
export const expireJobLua = `${sharedLua}${finishJobLua}
local id = ARGV[1]
local facts = redis.call('HMGET', jobKey(id), 'status', 'deadlineAtMs')
if not facts[1] then redis.call('ZREM', root .. ':deadlines', id) end
if not facts[1] or not isOpen(facts[1]) then return 'unchanged' end
if not facts[2] or tonumber(facts[2]) > nowMs() then return 'unchanged' end
expireJob(id)
redis.call('PUBLISH', root .. ':aborts', 'expired ' .. id)
return 'expired'
`;

/**
 * Ends an open job whose queue entry BullMQ gave up.
 * ARGV: id. Returns 'failed' or 'unchanged'.
 */
export const crashJobLua = `${sharedLua}${finishJobLua}
local status = redis.call('HGET', jobKey(ARGV[1]), 'status')
if not status or not isOpen(status) then return 'unchanged' end
return crashJob(ARGV[1])
`;

/**
 * Marks an open job as lacking its queue entry, or forgets the index entries of a record that is gone.
 * ARGV: id, status index it was found in. Returns 'marked', 'removed' or 'unchanged'.
 */
export const markUnqueuedLua = `${sharedLua}
local id = ARGV[1]
local facts = redis.call('HMGET', jobKey(id), 'status', 'model')
if not facts[1] then
  for _, index in ipairs({ ':jobs', ':jobs:' .. ARGV[2], ':deadlines', ':unqueued' }) do
    redis.call('ZREM', root .. index, id)
  end
  return 'removed'
end
if not isOpen(facts[1]) then return 'unchanged' end
redis.call('ZADD', root .. ':unqueued', 'NX', nowMs(), id)
return 'marked'
`;

/** Deletes a final job's record and events. ARGV: id. Returns 1, or 0 when there is no final job with this id. */
export const deleteJobLua = `${sharedLua}
local id = ARGV[1]
local status = redis.call('HGET', jobKey(id), 'status')
if not status or isOpen(status) then return 0 end
redis.call('DEL', jobKey(id), eventsKey(id))
redis.call('ZREM', root .. ':jobs', id)
redis.call('ZREM', root .. ':jobs:' .. status, id)
return 1
`;

/**
 * A page of records, newest first. Entries of records that have expired are dropped from the index on the way.
 * ARGV: index ('jobs' or 'jobs:<status>'), id after which the page begins or '', how many records.
 * Returns {'page', list of record fields} or {'unknown_cursor'}.
 */
export const listJobsLua = `${sharedLua}
local index, after, limit = root .. ':' .. ARGV[1], ARGV[2], tonumber(ARGV[3])
local max, afterScore = '+inf', nil
if after ~= '' then
  afterScore = redis.call('ZSCORE', root .. ':jobs', after)
  if not afterScore then return { 'unknown_cursor' } end
  max = afterScore
end
local records, offset = {}, 0
while #records < limit do
  local ids = redis.call('ZREVRANGEBYSCORE', index, max, '-inf', 'WITHSCORES', 'LIMIT', offset, limit)
  if #ids == 0 then break end
  local gone = {}
  for i = 1, #ids, 2 do
    local id = ids[i]
    local seen = afterScore and ids[i + 1] == afterScore and id >= after
    if not seen then
      local fields = redis.call('HGETALL', jobKey(id))
      if #fields == 0 then
        gone[#gone + 1] = id
      elseif #records < limit then
        records[#records + 1] = fields
      end
    end
  end
  offset = offset + #ids / 2 - #gone
  if #gone > 0 then
    redis.call('ZREM', index, unpack(gone))
    redis.call('ZREM', root .. ':jobs', unpack(gone))
  end
end
return { 'page', records }
`;
