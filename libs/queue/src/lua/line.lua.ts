/**
 * Queue entries that may wait to be taken; past it a job that comes needs none. A worker that takes one sees to it that
 * another is there, so that this bounds what is left over once all jobs are done, and not how many run.
 */
const MAX_READY_ENTRIES = 32;

/** Owners that are looked at to count the jobs in line, so that it takes bounded time. */
const COUNTED_OWNERS = 100;

/**
 * Needs sharedLua. Who waits for a worker, and who is next. An open job is either in line, or a queue entry carries it
 * (its `entryId`): since it runs, or comes again with that entry.
 *
 * Owners take turns by start-time fair queueing. Each has a virtual time, at which its next job is due; taking one moves
 * it on by 1 / weight, and the least is next. An owner who comes (back) starts at the time of the job that was taken
 * last, and not earlier than where its own jobs have brought it: it can neither save up nor begin anew.
 *
 * Keys: `<root>:waiting-of:<owner>:<model>` zset of an owner's jobs in line by place; `<root>:waiting-owners:<model>` zset of
 * owners by virtual time, also of some that have no more jobs in line; `<root>:virtual-time:<model>` that of the job taken
 * last; `<root>:waiting-models` set of models.
 */
export const lineLua = `
local function ownLineKey(owner, model) return root .. ':waiting-of:' .. owner .. ':' .. model end
local function ownersKey(model) return root .. ':waiting-owners:' .. model end
local function clockKey(model) return root .. ':virtual-time:' .. model end

-- Where a new job stands among its owner's: in the order of arrival, low priority behind everything of normal priority.
local function newPlace(priority)
  return string.format('%.0f', priority == 'low' and nowUs() + 4e15 or nowUs())
end

local function joinLine(id, owner, model, place)
  local line = ownLineKey(owner, model)
  redis.call('ZADD', line, place, id)
  if redis.call('ZCARD', line) > 1 then return end
  redis.call('ZADD', ownersKey(model), 'NX', redis.call('GET', clockKey(model)) or '0', owner)
  redis.call('SADD', root .. ':waiting-models', model)
end

local function leaveLine(id, owner, model) redis.call('ZREM', ownLineKey(owner, model), id) end

-- Moves the owner's time on, of which a job is taken. One who is alone need not be moved further than ahead of whoever
-- comes.
local function advance(model, owner, virtualTime, weight, isAlone)
  local clock = isAlone and redis.call('GET', clockKey(model))
  if clock and tonumber(virtualTime) > tonumber(clock) then return end
  redis.call('SET', clockKey(model), virtualTime)
  redis.call('ZINCRBY', ownersKey(model), 1 / tonumber(weight), owner)
end

-- Takes the next job out of the line. Returns its id and the first that factsOf tells of it (the second
-- is its weight), or nothing where none waits.
local function takeFromLine(model, factsOf)
  while true do
    local owner, virtualTime, other = unpack(redis.call('ZRANGE', ownersKey(model), 0, 1, 'WITHSCORES'))
    if not owner then
      redis.call('DEL', clockKey(model))
      return nil
    end
    local id = redis.call('ZPOPMIN', ownLineKey(owner, model))[1]
    local facts, weight
    if id then facts, weight = factsOf(id) end
    if facts then
      advance(model, owner, virtualTime, weight, not other)
      return id, facts
    end
    -- The time of all others has come to this owner's: it begins where they are, should it come back.
    if not id then redis.call('ZREM', ownersKey(model), owner) end
  end
end

-- Counts jobs in line, of the owners that are due first, until there are that many.
local function countInLine(model, enough)
  local count = 0
  for _, owner in ipairs(redis.call('ZRANGE', ownersKey(model), 0, ${COUNTED_OWNERS - 1})) do
    count = count + redis.call('ZCARD', ownLineKey(owner, model))
    if count >= enough then return enough end
  end
  return count
end

local function readyEntries(queue) return redis.call('LLEN', root .. ':' .. queue .. ':wait') end

-- How many entries are missing, so that a worker with room is called as long as jobs wait.
local function missingEntries(model, queue)
  local ready = readyEntries(queue)
  if ready >= ${MAX_READY_ENTRIES} then return 0 end
  return math.max(0, countInLine(model, ${MAX_READY_ENTRIES}) - ready)
end

-- Whether one must follow an entry that has been taken. As long as fewer jobs wait than entries may, each has its own.
local function needsSuccessor(model, queue)
  return readyEntries(queue) < ${MAX_READY_ENTRIES}
    and countInLine(model, ${MAX_READY_ENTRIES}) == ${MAX_READY_ENTRIES}
end
`;
