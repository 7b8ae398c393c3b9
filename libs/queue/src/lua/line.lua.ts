/**
 * Queue entries that may wait to be taken; past it a job that comes needs none. A worker that takes one sees to it that
 * another is there, so that this bounds what is left over once all jobs are done, and not how many run.
 */
const MAX_READY_ENTRIES = 32;

/**
 * Needs sharedLua. Who waits for a worker, and who is next. An open job is either in line, or a queue entry carries it
 * (its `entryId`): since it runs, or comes again with that entry.
 *
 * Owners take turns by start-time fair queueing. Each has a virtual time, at which its next job is due; taking one moves
 * it on by 1 / weight, and the least is next. An owner who comes (back) starts at the time of the job that was taken
 * last, and not earlier than where its own jobs have brought it: it can neither save up nor begin anew.
 *
 * Keys: `<root>:waiting:<model>` zset of all jobs in line by place; `<root>:waiting-of:<owner>:<model>` zset of one
 * owner's; `<root>:waiting-owners:<model>` zset of owners by virtual time, also of some that have no more jobs in line;
 * `<root>:virtual-time:<model>` that of the job taken last; `<root>:waiting-models` set of models.
 */
export const lineLua = `
local function lineKey(model) return root .. ':waiting:' .. model end
local function ownLineKey(owner, model) return root .. ':waiting-of:' .. owner .. ':' .. model end
local function ownersKey(model) return root .. ':waiting-owners:' .. model end
local function clockKey(model) return root .. ':virtual-time:' .. model end

-- Where a new job stands among its owner's: in the order of arrival, low priority behind everything of normal priority.
local function newPlace(priority)
  local time = redis.call('TIME')
  local place = tonumber(time[1]) * 1e6 + tonumber(time[2])
  if priority == 'low' then return place + 4e15 end
  return place
end

local function joinLine(id)
  local facts = redis.call('HMGET', jobKey(id), 'model', 'ownerId', 'place')
  local model, owner, place = facts[1], facts[2], facts[3]
  redis.call('ZADD', lineKey(model), place, id)
  redis.call('ZADD', ownLineKey(owner, model), place, id)
  if redis.call('ZCARD', ownLineKey(owner, model)) > 1 then return end
  redis.call('ZADD', ownersKey(model), 'NX', redis.call('GET', clockKey(model)) or '0', owner)
  redis.call('SADD', root .. ':waiting-models', model)
end

local function leaveLine(id)
  local facts = redis.call('HMGET', jobKey(id), 'model', 'ownerId')
  redis.call('ZREM', lineKey(facts[1]), id)
  redis.call('ZREM', ownLineKey(facts[2], facts[1]), id)
end

-- Takes the next job out of the line and gives it to the entry. Nothing where none waits.
local function takeFromLine(model, entryId)
  while true do
    local first = redis.call('ZRANGE', ownersKey(model), 0, 0, 'WITHSCORES')
    local owner = first[1]
    if not owner then
      redis.call('DEL', clockKey(model))
      return nil
    end
    local id = redis.call('ZPOPMIN', ownLineKey(owner, model))[1]
    if id then
      redis.call('ZREM', lineKey(model), id)
      local facts = redis.call('HMGET', jobKey(id), 'status', 'weight')
      if facts[1] then
        redis.call('SET', clockKey(model), first[2])
        redis.call('ZINCRBY', ownersKey(model), 1 / tonumber(facts[2]), owner)
        redis.call('HSET', jobKey(id), 'entryId', entryId)
        return id
      end
    else
      -- The time of all others has come to this owner's: it begins where they are, should it come back.
      redis.call('ZREM', ownersKey(model), owner)
    end
  end
end

-- How many entries are missing, so that a worker with room is called as long as jobs wait.
local function missingEntries(model, queue)
  local wanted = math.min(redis.call('ZCARD', lineKey(model)), ${MAX_READY_ENTRIES})
  return math.max(0, wanted - redis.call('LLEN', root .. ':' .. queue .. ':wait'))
end

-- Whether one must follow an entry that has been taken. As long as fewer jobs wait than entries may, each has its own.
local function needsSuccessor(model, queue)
  if redis.call('ZCARD', lineKey(model)) < ${MAX_READY_ENTRIES} then return false end
  return redis.call('LLEN', root .. ':' .. queue .. ':wait') < ${MAX_READY_ENTRIES}
end
`;
