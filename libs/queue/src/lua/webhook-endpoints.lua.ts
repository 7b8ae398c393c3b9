import { webhooksLua } from './webhooks.lua.js';

/**
 * Writes an endpoint as it is in the store, unless what Redis has is as new or newer.
 * ARGV: id, owner, Unix ms of creation, revision, '1' when it is enabled, the record as JSON, then its event types.
 * Returns 'put' or 'known'.
 */
export const putEndpointLua = `${webhooksLua}
local id, owner, revision, isEnabled = ARGV[1], ARGV[2], tonumber(ARGV[4]), ARGV[5]
local key = endpointKey(id)
local facts = redis.call('HMGET', key, 'revision', 'isEnabled')
if facts[1] and tonumber(facts[1]) >= revision then return 'known' end
redis.call('HSET', key, 'record', ARGV[6], 'revision', revision, 'ownerId', owner, 'isEnabled', isEnabled)
redis.call('ZADD', ownersKey(owner), ARGV[3], id)
redis.call('SADD', ENDPOINT_IDS, id)
for _, eventType in ipairs(EVENT_TYPES) do redis.call('SREM', listenersKey(owner, eventType), id) end
if isEnabled == '1' then
  for at = 7, #ARGV do redis.call('SADD', listenersKey(owner, ARGV[at]), id) end
  -- It begins anew: what it failed at before is forgiven.
  if facts[2] ~= '1' then
    redis.call('HDEL', receiverKey(id), 'failedVisits', 'restsUntilMs', 'failingEvents', 'failingSinceMs', 'isSlow')
    redis.call('HINCRBY', receiverKey(id), 'streak', 1)
  end
end
schedule(id, nowMs())
return 'put'
`;

/**
 * Removes an endpoint with its log, some deliveries a call; what is known of it goes last, so that whatever breaks off can
 * be done again. ARGV: id, most deliveries. Returns 'more' or 'removed'.
 */
export const removeEndpointLua = `${webhooksLua}
local id = ARGV[1]
local owner = redis.call('HGET', endpointKey(id), 'ownerId')
if owner then
  redis.call('HSET', endpointKey(id), 'isEnabled', 0)
  redis.call('ZREM', ownersKey(owner), id)
  leaveLanes(id, owner)
  for _, eventType in ipairs(EVENT_TYPES) do redis.call('SREM', listenersKey(owner, eventType), id) end
end
redis.call('DEL', receiverKey(id))
local ids = redis.call('ZRANGE', logKey(id), 0, tonumber(ARGV[2]) - 1)
for _, delivery in ipairs(ids) do removeDelivery(delivery, id) end
if redis.call('EXISTS', logKey(id)) == 1 then return 'more' end
redis.call('DEL', endpointKey(id), dueKey(id))
redis.call('SREM', ENDPOINT_IDS, id)
return 'removed'
`;

/** ARGV: id. Returns {'unknown_endpoints'} when Redis has lost them, else {'record', the record as JSON or ''}. */
export const readEndpointLua = `${webhooksLua}
if redis.call('EXISTS', ENDPOINTS_KNOWN) == 0 then return { 'unknown_endpoints' } end
return { 'record', redis.call('HGET', endpointKey(ARGV[1]), 'record') or '' }
`;

/** ARGV: owner. Returns {'unknown_endpoints'} or {'records', all of the owner's as JSON, newest first}. */
export const listEndpointsLua = `${webhooksLua}
if redis.call('EXISTS', ENDPOINTS_KNOWN) == 0 then return { 'unknown_endpoints' } end
local records = {}
for _, id in ipairs(redis.call('ZREVRANGE', ownersKey(ARGV[1]), 0, -1)) do
  records[#records + 1] = redis.call('HGET', endpointKey(id), 'record')
end
return { 'records', records }
`;

/** Ids of all endpoints that Redis has. */
export const endpointIdsLua = `${webhooksLua}
return redis.call('SMEMBERS', ENDPOINT_IDS)
`;

/** Every endpoint of the store is in Redis now. */
export const markEndpointsKnownLua = `${webhooksLua}
return redis.call('SET', ENDPOINTS_KNOWN, 1)
`;

/** ARGV: endpoint, ended deliveries that its log keeps, ms that it keeps any. Returns 'more' or 'trimmed'. */
export const trimLogLua = `${webhooksLua}
local before = redis.call('ZCARD', logKey(ARGV[1]))
trimLog(ARGV[1], tonumber(ARGV[2]), nowMs() - tonumber(ARGV[3]))
return redis.call('ZCARD', logKey(ARGV[1])) < before and 'more' or 'trimmed'
`;

/**
 * A page of an endpoint's deliveries, newest first.
 * ARGV: endpoint, status or '', id after which the page begins or '', how many. Returns {'page', deliveries} or
 * {'unknown_cursor'}. An id that has gone over to another status since still says where to go on.
 */
export const listDeliveriesLua = `${webhooksLua}
local endpoint, after = ARGV[1], ARGV[3]
local key = ARGV[2] == '' and logKey(endpoint) or statusLogKey(endpoint, ARGV[2])
local ids
if after == '' then
  ids = redis.call('ZREVRANGE', key, 0, ARGV[4] - 1)
else
  local score = redis.call('ZSCORE', logKey(endpoint), after)
  if not score then return { 'unknown_cursor' } end
  ids = {}
  local offset = redis.call('ZCOUNT', key, '(' .. score, '+inf')
  while #ids < tonumber(ARGV[4]) do
    local id = redis.call('ZREVRANGE', key, offset, offset)[1]
    if not id then break end
    -- Of several of one millisecond, those with a smaller id follow.
    if id < after or redis.call('ZSCORE', key, id) ~= score then ids[#ids + 1] = id end
    offset = offset + 1
  end
end
return { 'page', readDeliveries(ids) }
`;

/** Needs {@link webhooksLua}. An attempt that is under way now ends nothing of the series that begins here. */
const beginAnewLua = `
local function beginAnew(endpoint, id)
  redis.call('HSET', deliveryKey(id), 'round', 0)
  redis.call('HINCRBY', deliveryKey(id), 'series', 1)
  setDeliveryStatus(id, endpoint, 'pending')
  redis.call('ZADD', dueKey(endpoint), nowMs(), id)
end
`;

/**
 * Delivers again, by the schedule from its beginning and without the rest that the receiver may have. ARGV: endpoint, delivery id.
 * Returns {'delivery', delivery} or {'not_found'}.
 */
export const redeliverLua = `${webhooksLua}${beginAnewLua}local endpoint, id = ARGV[1], ARGV[2]
if redis.call('HGET', deliveryKey(id), 'receiverId') ~= endpoint then return { 'not_found' } end
beginAnew(endpoint, id)
redis.call('HDEL', receiverKey(endpoint), 'restsUntilMs')
schedule(endpoint, nowMs())
return { 'delivery', readDeliveries({ id })[1] }
`;

/**
 * Delivers again what has failed and was created since a time.
 * ARGV: endpoint, Unix ms of the event, most deliveries. Returns how many; fewer than asked for: that was all.
 */
export const redeliverFailedLua = `${webhooksLua}${beginAnewLua}local endpoint, since, most = ARGV[1], ARGV[2], tonumber(ARGV[3])
local count = 0
for _, status in ipairs({ 'exhausted', 'failed' }) do
  local ids = redis.call('ZRANGEBYSCORE', statusLogKey(endpoint, status), since, '+inf', 'LIMIT', 0, most - count)
  for _, id in ipairs(ids) do beginAnew(endpoint, id) end
  count = count + #ids
  if count >= most then break end
end
redis.call('HDEL', receiverKey(endpoint), 'restsUntilMs')
schedule(endpoint, nowMs())
return count
`;
