import { lineLua } from './line.lua.js';
import { finishJobLua, orphanLua, sharedLua } from './shared.lua.js';

/**
 * Ends open jobs whose deadline has passed as expired, and tells the workers that may be running them.
 * ARGV: most jobs to look at. Returns the ids of the jobs that expired.
 */
export const expireDueJobsLua = `${sharedLua}${lineLua}${finishJobLua}
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

/** ARGV: most ids. Returns ids of final jobs whose retention has passed, longest due first. */
export const listExpiredLua = `${sharedLua}
return redis.call('ZRANGEBYSCORE', root .. ':expiries', '-inf', nowMs(), 'LIMIT', 0, ARGV[1])
`;

/** Lets an expiry that could not be carried out wait, so that others get their turn. ARGV: id, ms from now. */
export const postponeExpiryLua = `${sharedLua}
return redis.call('ZADD', root .. ':expiries', 'XX', nowMs() + tonumber(ARGV[2]), ARGV[1])
`;

/**
 * Compares a page of open jobs with BullMQ: one whose entry is gone, or that neither waits nor has one, joins the
 * line; one whose entry BullMQ gave up ends with worker_crashed; index entries without a record go.
 * ARGV: status ('queued' or 'in_progress'), offset, page size.
 * Returns {ids in the page, of those still in the index, ids that joined the line, ids crashed}.
 */
export const reconcilePageLua = `${sharedLua}${lineLua}${finishJobLua}
local index = root .. ':jobs:' .. ARGV[1]
local ids = redis.call('ZRANGE', index, ARGV[2], tonumber(ARGV[2]) + tonumber(ARGV[3]) - 1)
local joined, crashed = {}, {}
local staying = 0

-- Whether something still leads to the job.
local function isReachable(id, owner, model, queue, entryId)
  if not entryId then
    return redis.call('ZSCORE', ownLineKey(owner, model), id) or redis.call('ZSCORE', retriesKey(model), id)
  end
  return redis.call('HGET', root .. ':' .. queue .. ':' .. entryId, 'carriedJobId') == id
end

for _, id in ipairs(ids) do
  local queue, model, owner, entryId = unpack(
    redis.call('HMGET', jobKey(id), 'queue', 'model', 'ownerId', 'entryId'))
  if not queue then
    redis.call('ZREM', index, id)
  elseif entryId and redis.call('ZSCORE', root .. ':' .. queue .. ':failed', entryId) then
    crashJob(id)
    crashed[#crashed + 1] = id
  else
    staying = staying + 1
    if not isReachable(id, owner, model, queue, entryId) then
      redis.call('HDEL', jobKey(id), 'entryId')
      joinLine(id, owner, model, redis.call('HGET', jobKey(id), 'place'))
      joined[#joined + 1] = id
    end
  end
end
return { #ids, staying, joined, crashed }
`;

/**
 * Puts jobs back into line whose time to be tried again has come.
 * ARGV: model, queue. Returns how many queue entries are missing for the jobs in line.
 */
export const missingEntriesLua = `${sharedLua}${lineLua}
local model = ARGV[1]
returnToLine(model)
if redis.call('EXISTS', ownersKey(model), retriesKey(model)) == 0 then redis.call('SREM', root .. ':waiting-models', model) end
return missingEntries(model, ARGV[2])
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
