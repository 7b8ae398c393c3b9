/**
 * Queue entries that may wait to be taken; past it a job that comes needs none. A worker that takes one sees to it that
 * another is there, so that this bounds what is left over once all jobs are done, and not how many run.
 */
const MAX_READY_ENTRIES = 32;

/** Jobs to be tried again that one script puts back into line, so that it takes bounded time. */
const RETURNED_AT_A_TIME = 20;

/**
 * Needs sharedLua. Who waits for a worker, and who is next. An open job is in line, or waits to be tried again and comes
 * back into line then, or a queue entry carries it (its `entryId`): since it runs, or comes again with that entry.
 *
 * Owners take turns by start-time fair queueing. Each has a virtual time, at which its next job is due; taking one moves
 * it on by 1 / weight, and the least is next. An owner who comes (back) starts at the time of the job that was taken
 * last, and not earlier than where its own jobs have brought it: it can neither save up nor begin anew. An attempt at a
 * job that failed before is a turn like any other.
 *
 * Keys: `<root>:waiting-of:<owner>:<model>` zset of an owner's jobs in line by place; `<root>:waiting-owners:<model>` zset of
 * the owners of these by virtual time, and `<root>:resting-owners:<model>` of those who have none, for as long as they are
 * ahead of `<root>:virtual-time:<model>`, the time of the job taken last; `<root>:retries:<model>` zset of jobs that wait to
 * be tried again by when they do; `<root>:waiting-models` set of models.
 */
export const lineLua = `
local function ownLineKey(owner, model) return root .. ':waiting-of:' .. owner .. ':' .. model end
local function ownersKey(model) return root .. ':waiting-owners:' .. model end
local function restingKey(model) return root .. ':resting-owners:' .. model end
local function clockKey(model) return root .. ':virtual-time:' .. model end
local function retriesKey(model) return root .. ':retries:' .. model end

-- Where a new job stands among its owner's: in the order of arrival, low priority behind everything of normal priority.
local function newPlace(priority)
  return string.format('%.0f', priority == 'low' and nowUs() + 4e15 or nowUs())
end

local function clockOf(model) return redis.call('GET', clockKey(model)) or '0' end

-- The virtual time of an owner who has nothing in line, if it had.
local function startingTime(owner, model)
  local clock, own = clockOf(model), redis.call('ZSCORE', restingKey(model), owner)
  if own and tonumber(own) > tonumber(clock) then return own end
  return clock
end

local function joinLine(id, owner, model, place)
  local line = ownLineKey(owner, model)
  redis.call('ZADD', line, place, id)
  if redis.call('ZCARD', line) > 1 then return end
  redis.call('ZADD', ownersKey(model), 'NX', startingTime(owner, model), owner)
  redis.call('ZREM', restingKey(model), owner)
  redis.call('SADD', root .. ':waiting-models', model)
end

-- Of an owner who has nothing more in line the time is kept only until that of all others has come as far.
local function restIfDone(owner, model)
  if redis.call('EXISTS', ownLineKey(owner, model)) == 1 then return end
  local clock, own = clockOf(model), redis.call('ZSCORE', ownersKey(model), owner)
  redis.call('ZREM', ownersKey(model), owner)
  redis.call('ZREMRANGEBYSCORE', restingKey(model), '-inf', clock)
  if own and tonumber(own) > tonumber(clock) then redis.call('ZADD', restingKey(model), own, owner) end
end

-- Also where it waits to be tried again.
local function leaveLine(id, owner, model)
  if redis.call('ZREM', ownLineKey(owner, model), id) == 1 then return restIfDone(owner, model) end
  redis.call('ZREM', retriesKey(model), id)
end

local function retryLater(id, model, afterMs)
  redis.call('ZADD', retriesKey(model), nowMs() + afterMs, id)
  redis.call('SADD', root .. ':waiting-models', model)
end

-- Jobs whose time to be tried again has come go back into line, where they were.
local function returnToLine(model)
  local retries = retriesKey(model)
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', retries, '-inf', nowMs(), 'LIMIT', 0, ${RETURNED_AT_A_TIME})) do
    redis.call('ZREM', retries, id)
    local owner, place = unpack(redis.call('HMGET', jobKey(id), 'ownerId', 'place'))
    if owner then joinLine(id, owner, model, place) end
  end
end

-- Moves the owner's time on, of which a job is taken. One who is alone need not be moved further than ahead of whoever
-- comes.
local function advance(model, owner, virtualTime, weight, isAlone)
  local clock = isAlone and redis.call('GET', clockKey(model))
  if clock and tonumber(virtualTime) > tonumber(clock) and redis.call('EXISTS', restingKey(model)) == 0 then return end
  redis.call('SET', clockKey(model), virtualTime)
  redis.call('ZINCRBY', ownersKey(model), 1 / tonumber(weight), owner)
end

-- Takes the next job out of the line. Returns its id and the first that factsOf tells of it (the second
-- is its weight), or nothing where none waits. Of one that is gone there are no facts.
local function takeFromLine(model, factsOf)
  local owner, virtualTime, other = unpack(redis.call('ZRANGE', ownersKey(model), 0, 1, 'WITHSCORES'))
  if not owner then
    redis.call('DEL', clockKey(model), restingKey(model))
    return nil
  end
  local id = redis.call('ZPOPMIN', ownLineKey(owner, model))[1] or false
  local facts, weight
  if id then facts, weight = factsOf(id) end
  if facts then advance(model, owner, virtualTime, weight, not other) end
  restIfDone(owner, model)
  return id, facts
end

-- Counts jobs in line until there are as many as entries may wait; every owner who waits has one at least.
local function countInLine(model)
  local count = 0
  for _, owner in ipairs(redis.call('ZRANGE', ownersKey(model), 0, ${MAX_READY_ENTRIES - 1})) do
    count = count + redis.call('ZCARD', ownLineKey(owner, model))
    if count >= ${MAX_READY_ENTRIES} then return ${MAX_READY_ENTRIES} end
  end
  return count
end

local function readyEntries(queue) return redis.call('LLEN', root .. ':' .. queue .. ':wait') end

-- How many entries are missing, so that a worker with room is called as long as jobs wait.
local function missingEntries(model, queue)
  local ready = readyEntries(queue)
  if ready >= ${MAX_READY_ENTRIES} then return 0 end
  return math.max(0, countInLine(model) - ready)
end

-- Whether one must follow an entry that has been taken. As long as fewer jobs wait than entries may, each has its own;
-- but an entry that carries a job was counted for one in line until it was taken.
local function needsSuccessor(model, queue, hasCarried)
  local missing = missingEntries(model, queue)
  return missing > 0 and (hasCarried or countInLine(model) == ${MAX_READY_ENTRIES})
end
`;
