/**
 * API keys. The store has the truth; all of this but the last uses can be made again from it.
 *
 * Keys: `<root>:api-keys` hash of records as JSON by id; `<root>:api-key-versions` hash of their versions;
 * `<root>:api-key-hashes` hash of ids by the hash of the key; `<root>:api-key-order` zset of ids by creation;
 * `<root>:api-key-uses` hash of the times of last use; `<root>:api-key-changes` hash "token ms" by the id of the key
 * that is being changed; `<root>:api-keys-complete` the run of the server on which all keys of the store were taken in;
 * channel `<root>:api-key-news`.
 */
const keysLua = `
local root = KEYS[1]
local RECORDS, VERSIONS, HASHES = root .. ':api-keys', root .. ':api-key-versions', root .. ':api-key-hashes'
local ORDER, USES, CHANGES = root .. ':api-key-order', root .. ':api-key-uses', root .. ':api-key-changes'
local COMPLETE = root .. ':api-keys-complete'

local function nowMs()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- Another one after every restart, which may have lost the last writes. A service that keeps it to itself is taken at
-- its word not to lose any.
local function serverRun() return string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') or 'unknown' end

local function isComplete() return redis.call('GET', COMPLETE) == serverRun() end

local function lookUp(id)
  local record = id and redis.call('HGET', RECORDS, id)
  if not record then return { 'unknown' } end
  return { 'found', record, redis.call('HGET', USES, id) or '' }
end
`;

/** ARGV: hash. Returns {'found', record, time of last use or ''}, {'unknown'} or {'incomplete'}. */
export const findKeyByHashLua = `${keysLua}
if not isComplete() then return { 'incomplete' } end
return lookUp(redis.call('HGET', HASHES, ARGV[1]))
`;

/** ARGV: id. Returns as {@link findKeyByHashLua}. */
export const findKeyByIdLua = `${keysLua}
if not isComplete() then return { 'incomplete' } end
return lookUp(ARGV[1])
`;

/**
 * ARGV: id after which the page begins or '', how many.
 * Returns {'page', record, last use, record, last use, ...}, {'unknown_cursor'} or {'incomplete'}.
 */
export const listKeysLua = `${keysLua}
if not isComplete() then return { 'incomplete' } end
local offset = 0
if ARGV[1] ~= '' then
  local rank = redis.call('ZREVRANK', ORDER, ARGV[1])
  if not rank then return { 'unknown_cursor' } end
  offset = rank + 1
end
local page = { 'page' }
for _, id in ipairs(redis.call('ZREVRANGE', ORDER, offset, offset + tonumber(ARGV[2]) - 1)) do
  page[#page + 1] = redis.call('HGET', RECORDS, id)
  page[#page + 1] = redis.call('HGET', USES, id) or ''
end
return page
`;

/** ARGV: id, token, ms that the lease lasts. Returns 1 where the change may begin. */
export const beginKeyChangeLua = `${keysLua}
local earlier = redis.call('HGET', CHANGES, ARGV[1])
if earlier then
  local token, since = string.match(earlier, '^(%S+) (%d+)$')
  if token ~= ARGV[2] and tonumber(since) > nowMs() - tonumber(ARGV[3]) then return 0 end
end
redis.call('HSET', CHANGES, ARGV[1], ARGV[2] .. ' ' .. string.format('%d', nowMs()))
return 1
`;

/** ARGV: id, token. Returns 1 where the lease was still ours. */
export const endKeyChangeLua = `${keysLua}
local held = redis.call('HGET', CHANGES, ARGV[1])
if not held or string.match(held, '^%S+') ~= ARGV[2] then return 0 end
return redis.call('HDEL', CHANGES, ARGV[1])
`;

/** Returns the ids of keys that are being changed. */
export const listKeyChangesLua = `${keysLua}
return redis.call('HKEYS', CHANGES)
`;

/** ARGV: for each record its id, version, hash, Unix ms of creation and JSON. */
export const putKeysLua = `${keysLua}
local isNews = false
for position = 1, #ARGV, 5 do
  local id, version = ARGV[position], tonumber(ARGV[position + 1])
  local known = tonumber(redis.call('HGET', VERSIONS, id) or '-1')
  if version > known then
    isNews = true
    redis.call('HSET', RECORDS, id, ARGV[position + 4])
    redis.call('HSET', VERSIONS, id, version)
    redis.call('HSET', HASHES, ARGV[position + 2], id)
    redis.call('ZADD', ORDER, ARGV[position + 3], id)
  end
end
if isNews then redis.call('PUBLISH', root .. ':api-key-news', 'changed') end
return 'OK'
`;

export const keyServerRunLua = `${keysLua}
return serverRun()
`;

/** ARGV: run of the server. */
export const markKeysCompleteLua = `${keysLua}
if serverRun() == ARGV[1] then redis.call('SET', COMPLETE, ARGV[1]) end
return 'OK'
`;

/** ARGV: id, Unix ms. Of several processes the latest use counts. */
export const noteKeyUseLua = `${keysLua}
local known = tonumber(redis.call('HGET', USES, ARGV[1]) or '0')
if tonumber(ARGV[2]) > known then redis.call('HSET', USES, ARGV[1], ARGV[2]) end
return 'OK'
`;
