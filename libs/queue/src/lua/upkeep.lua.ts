import { finishJobLua, orphanLua, sharedLua } from './shared.lua.js';

/**
 * Ends open jobs whose deadline has passed as expired, and tells the workers that may be running them.
 * ARGV: most jobs to look at. Returns the ids of the jobs that expired.
 */
export const expireDueJobsLua = `${sharedLua}${finishJobLua}
local due = redis.call('ZRANGEBYSCORE', root .. ':deadlines', '-inf', nowMs(), 'LIMIT', 0, ARGV[1])
local expired = {}
for _, id in ipairs(due) do
  local status = redis.call('HGET', jobKey(id), 'status')
  if status and isOpen(status) then
    expireJob(id)
    redis.call('PUBLISH', root .. ':aborts', 'expired ' .. id)
    expired[#expired + 1] = id
  else
    redis.call('ZREM', root .. ':deadlines', id)
  end
end
return expired
`;

/** ARGV: zset ('unqueued' or 'expiries'), ms by which the score must have passed, most ids. Returns ids, longest due first. */
export const listDueLua = `${sharedLua}
return redis.call('ZRANGEBYSCORE', root .. ':' .. ARGV[1], '-inf', nowMs() - tonumber(ARGV[2]), 'LIMIT', 0, ARGV[3])
`;

/** Lets an expiry that could not be carried out wait, so that others get their turn. ARGV: id, ms from now. */
export const postponeExpiryLua = `${sharedLua}
return redis.call('ZADD', root .. ':expiries', 'XX', nowMs() + tonumber(ARGV[2]), ARGV[1])
`;

/**
 * Compares a page of open jobs with BullMQ: those without a queue entry are marked unqueued, those whose entry BullMQ
 * gave up end with worker_crashed, and index entries without a record go.
 * ARGV: status ('queued' or 'in_progress'), offset, page size.
 * Returns {ids in the page, of those still in the index, ids marked, ids crashed}.
 */
export const reconcilePageLua = `${sharedLua}${finishJobLua}
local index = root .. ':jobs:' .. ARGV[1]
local ids = redis.call('ZRANGE', index, ARGV[2], tonumber(ARGV[2]) + tonumber(ARGV[3]) - 1)
local marked, crashed = {}, {}
local staying = 0
for _, id in ipairs(ids) do
  local queue = redis.call('HGET', jobKey(id), 'queue')
  if not queue then
    redis.call('ZREM', index, id)
  elseif redis.call('ZSCORE', root .. ':' .. queue .. ':failed', id) then
    crashJob(id)
    crashed[#crashed + 1] = id
  else
    staying = staying + 1
    if redis.call('EXISTS', root .. ':' .. queue .. ':' .. id) == 0 then
      if redis.call('ZADD', root .. ':unqueued', 'NX', nowMs(), id) == 1 then marked[#marked + 1] = id end
    end
  end
end
return { #ids, staying, marked, crashed }
`;

/**
 * Notes which of the ids have no record, and since when.
 * ARGV: ms that an id must have been without one, then the ids. Returns those of them that have been for so long.
 */
export const noteOrphanJobsLua = `${sharedLua}${orphanLua}
local notes, orphans = root .. ':orphans', {}
for position = 2, #ARGV do
  local id = ARGV[position]
  if redis.call('EXISTS', jobKey(id)) == 1 then
    redis.call('ZREM', notes, id)
  else
    orphans[#orphans + 1] = id
  end
end
return noteOrphans(notes, tonumber(ARGV[1]), orphans)
`;
