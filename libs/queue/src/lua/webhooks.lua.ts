import { DELIVERY_STATUSES, EVENT_TYPES } from '@tessera/contracts';
import { sharedLua } from './shared.lua.js';

/** How long it is known of a receiver with nothing due that it was slow. */
const SLOW_MEMORY_MS = 3_600_000;

/**
 * What every script about webhooks begins with. A receiver is a registered endpoint, or the origin of webhook URLs that
 * one owner's jobs carry. A dispatcher holds a receiver while it delivers to it; nobody else does then.
 *
 * Keys: `<root>:webhook-endpoint:<id>` hash, the record as JSON and what scripts read of it;
 * `<root>:webhook-endpoints:<owner>` zset by creation; `<root>:webhook-endpoint-ids` set; `<root>:webhook-endpoints-known`
 * the mark that the endpoints of the store are in Redis; `<root>:webhook-listeners:<owner>:<event type>` set of enabled
 * endpoints; `<root>:webhook-receivers:<lane>:<owner>` zset of receivers by when they are taken next, of held ones by when
 * the hold ends, with a lane of their own for those that fail or are slow; `<root>:webhook-owners:<lane>` zset of owners,
 * not later than the first of their receivers; `<root>:webhook-receiver:<id>` hash: who holds it, how it has done of late;
 * `<root>:webhook-due:<receiver>` zset of deliveries by when they are tried next;
 * `<root>:webhook-delivery:<id>` hash; `<root>:webhook-attempts:<id>` list of JSON;
 * `<root>:webhook-log:<endpoint>` and `<root>:webhook-log:<endpoint>:<status>` zsets of deliveries by creation.
 *
 * `aheadMs` moves the clock forward, for tests.
 */
export const webhooksLua = `${sharedLua}
local EVENT_TYPES = { ${EVENT_TYPES.map((type) => `'${type}'`).join(', ')} }
local DELIVERY_STATUSES = { ${DELIVERY_STATUSES.map((status) => `'${status}'`).join(', ')} }
local ENDPOINTS_KNOWN = root .. ':webhook-endpoints-known'
local ENDPOINT_IDS = root .. ':webhook-endpoint-ids'
local LANES = { 'steady', 'troubled' }

local function endpointKey(id) return root .. ':webhook-endpoint:' .. id end
local function ownersKey(owner) return root .. ':webhook-endpoints:' .. owner end
local function listenersKey(owner, eventType) return root .. ':webhook-listeners:' .. owner .. ':' .. eventType end
local function ownersLane(lane) return root .. ':webhook-owners:' .. lane end
local function laneKey(lane, owner) return root .. ':webhook-receivers:' .. lane .. ':' .. owner end
local function receiverKey(id) return root .. ':webhook-receiver:' .. id end
local function dueKey(receiver) return root .. ':webhook-due:' .. receiver end
local function deliveryKey(id) return root .. ':webhook-delivery:' .. id end
local function attemptsKey(id) return root .. ':webhook-attempts:' .. id end
local function logKey(endpoint) return root .. ':webhook-log:' .. endpoint end
local function statusLogKey(endpoint, status) return logKey(endpoint) .. ':' .. status end

local function isEndpoint(receiver) return string.sub(receiver, 1, 4) == 'whe_' end

local function ownerOf(receiver)
  return redis.call('HGET', isEndpoint(receiver) and endpointKey(receiver) or receiverKey(receiver), 'ownerId')
end

local function leaveLanes(receiver, owner)
  for _, lane in ipairs(LANES) do redis.call('ZREM', laneKey(lane, owner), receiver) end
end

local function extendHold(receiver, untilMs)
  local owner = ownerOf(receiver)
  for _, lane in ipairs(owner and LANES or {}) do redis.call('ZADD', laneKey(lane, owner), 'XX', untilMs, receiver) end
end

-- Puts a receiver where dispatchers find it once its next delivery is due. One that is held comes back by itself.
local function schedule(receiver, now)
  local key, owner = receiverKey(receiver), ownerOf(receiver)
  local facts = redis.call('HMGET', key, 'holder', 'failedVisits', 'restsUntilMs', 'isSlow')
  if facts[1] or not owner then return end
  leaveLanes(receiver, owner)
  local due = redis.call('ZRANGE', dueKey(receiver), 0, 0, 'WITHSCORES')
  if not due[1] then
    if not isEndpoint(receiver) then redis.call('PEXPIRE', key, facts[4] and ${SLOW_MEMORY_MS} or 0) end
    return
  end
  redis.call('PERSIST', key)
  if isEndpoint(receiver) and redis.call('HGET', endpointKey(receiver), 'isEnabled') ~= '1' then return end
  local lane = (facts[4] or tonumber(facts[2] or '0') > 0) and 'troubled' or 'steady'
  local atMs = math.max(tonumber(due[2]), tonumber(facts[3] or '0'), now)
  redis.call('ZADD', laneKey(lane, owner), atMs, receiver)
  redis.call('ZADD', ownersLane(lane), 'LT', atMs, owner)
end

local function rest(receiver, untilMs)
  local before = redis.call('HGET', receiverKey(receiver), 'restsUntilMs')
  if tonumber(before or '0') < untilMs then redis.call('HSET', receiverKey(receiver), 'restsUntilMs', untilMs) end
end

local function removeDelivery(id, receiver)
  redis.call('DEL', deliveryKey(id), attemptsKey(id))
  redis.call('ZREM', dueKey(receiver), id)
  if not isEndpoint(receiver) then return end
  redis.call('ZREM', logKey(receiver), id)
  for _, status in ipairs(DELIVERY_STATUSES) do redis.call('ZREM', statusLogKey(receiver, status), id) end
end

local function setDeliveryStatus(id, receiver, status)
  local facts = redis.call('HMGET', deliveryKey(id), 'status', 'createdAtMs')
  redis.call('HSET', deliveryKey(id), 'status', status)
  if not isEndpoint(receiver) then return end
  redis.call('ZREM', statusLogKey(receiver, facts[1]), id)
  redis.call('ZADD', statusLogKey(receiver, status), facts[2], id)
end

-- Ended deliveries leave the log, oldest first, for each way to end by itself: successes do not push failures out. Those
-- that are too old leave it in any case: what waits for an endpoint that is disabled is not kept for ever.
local function trimLog(endpoint, most, olderThanMs)
  for _, status in ipairs({ 'delivered', 'exhausted' }) do
    local key = statusLogKey(endpoint, status)
    local surplus = redis.call('ZCARD', key) - most
    if surplus > 0 then
      for _, id in ipairs(redis.call('ZRANGE', key, 0, math.min(surplus, 500) - 1)) do removeDelivery(id, endpoint) end
    end
  end
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', logKey(endpoint), '-inf', olderThanMs, 'LIMIT', 0, 500)) do
    removeDelivery(id, endpoint)
  end
end

-- The fields of deliveries with their attempts. Those that are gone are left out.
local function readDeliveries(ids)
  local deliveries = {}
  for _, id in ipairs(ids) do
    local fields = redis.call('HGETALL', deliveryKey(id))
    if #fields > 0 then
      local receiver = redis.call('HGET', deliveryKey(id), 'receiverId')
      local due = redis.call('ZSCORE', dueKey(receiver), id)
      deliveries[#deliveries + 1] = { fields, due or '', redis.call('LRANGE', attemptsKey(id), 0, -1) }
    end
  end
  return deliveries
end
`;
