import { webhooksLua } from './webhooks.lua.js';

/** Attempts that the log shows of one delivery. */
const LOGGED_ATTEMPTS = 20;
/** After a visit that failed a receiver rests as a whole, twice as long each time: its backlog does not keep it down. */
const FIRST_REST_MS = 1_000;
const LONGEST_REST_MS = 300_000;
const REST_DOUBLINGS = 9;

/**
 * Makes of an event the deliveries that are to be, and takes it out of the outbox; both or neither.
 * ARGV: aheadMs, outbox entry id, consumer group, event id, event type, id of its subject, owner, Unix ms of the event,
 * receiver of the job's own webhook or '', deliveries that may wait for one endpoint, ms until the first attempt.
 * Returns {'unknown_endpoints'} when Redis has lost the endpoints, else {'relayed', ids of endpoints that have fallen too
 * far behind to be told}.
 */
export const relayEventLua = `${webhooksLua}
local now = nowMs() + tonumber(ARGV[1])
local streamId, group, eventId, eventType = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local subjectId, owner, occurredAtMs, ownWebhook, mostWaiting = ARGV[6], ARGV[7], ARGV[8], ARGV[9], tonumber(ARGV[10])
if redis.call('EXISTS', ENDPOINTS_KNOWN) == 0 then return { 'unknown_endpoints' } end

local subjectKey = root .. (string.find(eventType, '^job%.') and ':job:' or ':batch:') .. subjectId
local requestId = redis.call('HGET', subjectKey, 'requestId')

local function tell(receiver)
  local id = 'whd_' .. redis.sha1hex(receiver .. ' ' .. eventId)
  if redis.call('EXISTS', deliveryKey(id)) == 1 then return end
  redis.call('HSET', deliveryKey(id), 'id', id, 'receiverId', receiver, 'eventId', eventId, 'eventType', eventType,
    'subjectId', subjectId, 'occurredAtMs', occurredAtMs, 'createdAtMs', now, 'status', 'pending', 'round', 0)
  if requestId then redis.call('HSET', deliveryKey(id), 'requestId', requestId) end
  redis.call('ZADD', dueKey(receiver), now + tonumber(ARGV[11]), id)
  if isEndpoint(receiver) then
    redis.call('ZADD', logKey(receiver), now, id)
    redis.call('ZADD', statusLogKey(receiver, 'pending'), now, id)
  end
  schedule(receiver, now)
end

local overflowing = {}
if ownWebhook ~= '' then tell(ownWebhook) end
for _, endpoint in ipairs(redis.call('SMEMBERS', listenersKey(owner, eventType))) do
  if redis.call('ZCARD', dueKey(endpoint)) >= mostWaiting then
    overflowing[#overflowing + 1] = endpoint
  else
    tell(endpoint)
  end
end
redis.call('XACK', root .. ':webhook-outbox', group, streamId)
redis.call('XDEL', root .. ':webhook-outbox', streamId)
return { 'relayed', overflowing }
`;

/**
 * Takes receivers whose time has come, also those whose holder has let its hold end.
 * ARGV: aheadMs, lane ('steady' or 'failing'), most receivers, ms that the hold lasts, token of the hold.
 * Returns {ids, ms until the lane has more or ''}.
 */
export const holdReceiversLua = `${webhooksLua}
local now = nowMs() + tonumber(ARGV[1])
local lane = ARGV[2] == 'failing' and FAILING or STEADY
local ids = redis.call('ZRANGEBYSCORE', lane, '-inf', now, 'LIMIT', 0, ARGV[3])
for _, receiver in ipairs(ids) do
  redis.call('HSET', receiverKey(receiver), 'holder', ARGV[5])
  redis.call('ZADD', lane, now + tonumber(ARGV[4]), receiver)
end
local next = redis.call('ZRANGE', lane, 0, 0, 'WITHSCORES')
return { ids, next[2] and math.max(0, tonumber(next[2]) - now) or '' }
`;

/** ARGV: aheadMs, ms that the holds last, then receiver and token in turn. Returns the receivers that are no longer held. */
export const renewHoldsLua = `${webhooksLua}
local untilMs = nowMs() + tonumber(ARGV[1]) + tonumber(ARGV[2])
local lost = {}
for at = 3, #ARGV, 2 do
  local receiver = ARGV[at]
  if redis.call('HGET', receiverKey(receiver), 'holder') == ARGV[at + 1] then
    for _, lane in ipairs({ STEADY, FAILING }) do redis.call('ZADD', lane, 'XX', untilMs, receiver) end
  else
    lost[#lost + 1] = receiver
  end
end
return lost
`;

/**
 * What a held receiver is to be told now: of one that fails a single delivery, to see how it is.
 * ARGV: aheadMs, receiver, token, most deliveries. Returns {'lost'} or {'held', endpoint record or '', deliveries}.
 */
export const dueDeliveriesLua = `${webhooksLua}
local receiver = ARGV[2]
local facts = redis.call('HMGET', receiverKey(receiver), 'holder', 'failedVisits')
if facts[1] ~= ARGV[3] then return { 'lost' } end
local most = tonumber(facts[2] or '0') > 0 and 1 or ARGV[4]
local endpoint = {}
if isEndpoint(receiver) then
  endpoint = redis.call('HMGET', endpointKey(receiver), 'record', 'isEnabled')
  if endpoint[2] ~= '1' then return { 'held', '', {} } end
end
local ids = redis.call('ZRANGEBYSCORE', dueKey(receiver), '-inf', nowMs() + tonumber(ARGV[1]), 'LIMIT', 0, most)
for _, id in ipairs(ids) do
  if redis.call('EXISTS', deliveryKey(id)) == 0 then redis.call('ZREM', dueKey(receiver), id) end
end
return { 'held', endpoint[1] or '', readDeliveries(ids) }
`;

/**
 * Records what came of an attempt. An event counts once against its receiver, however often it fails, until the receiver
 * has taken any.
 * ARGV: aheadMs, receiver, token, delivery id, outcome ('delivered', 'failed', 'exhausted', 'refused' or 'dropped'),
 * attempt as JSON or '', ms until the next attempt, ms that the receiver asks to be left alone, '1' when the failure
 * counts, ended deliveries that the log keeps, ms that it keeps them.
 * Returns {'lost'}, or {'recorded', events that failed since it took one, ms since the first of those failures}.
 */
export const recordAttemptLua = `${webhooksLua}
local now = nowMs() + tonumber(ARGV[1])
local receiver, id, outcome = ARGV[2], ARGV[4], ARGV[5]
local state = receiverKey(receiver)
if redis.call('HGET', state, 'holder') ~= ARGV[3] then return { 'lost' } end

local function countEvent()
  local streak = redis.call('HGET', state, 'streak') or '0'
  if redis.call('HGET', deliveryKey(id), 'countedIn') == streak then return end
  redis.call('HSET', deliveryKey(id), 'countedIn', streak)
  redis.call('HINCRBY', state, 'failingEvents', 1)
  redis.call('HSETNX', state, 'failingSinceMs', now)
end

local function finish(status)
  if not isEndpoint(receiver) then return removeDelivery(id, receiver) end
  redis.call('ZREM', dueKey(receiver), id)
  setDeliveryStatus(id, receiver, status)
  trimLog(receiver, tonumber(ARGV[10]), now - tonumber(ARGV[11]))
end

if redis.call('EXISTS', deliveryKey(id)) == 1 then
  if ARGV[6] ~= '' then
    redis.call('HINCRBY', deliveryKey(id), 'round', 1)
    if isEndpoint(receiver) then
      redis.call('RPUSH', attemptsKey(id), ARGV[6])
      redis.call('LTRIM', attemptsKey(id), -${LOGGED_ATTEMPTS}, -1)
    end
  end
  if outcome == 'delivered' then
    redis.call('HDEL', state, 'failingEvents', 'failingSinceMs')
    redis.call('HINCRBY', state, 'streak', 1)
    finish('delivered')
  else
    if tonumber(ARGV[8]) > 0 then rest(receiver, now + tonumber(ARGV[8])) end
    if ARGV[9] == '1' then countEvent() end
    if outcome == 'failed' then
      redis.call('ZADD', dueKey(receiver), now + tonumber(ARGV[7]), id)
      setDeliveryStatus(id, receiver, 'failed')
    else
      finish('exhausted')
    end
  end
end
local facts = redis.call('HMGET', state, 'failingEvents', 'failingSinceMs')
return { 'recorded', tonumber(facts[1] or '0'), facts[2] and now - tonumber(facts[2]) or 0 }
`;

/**
 * Lets a receiver go; it is taken again when its next delivery is due.
 * ARGV: aheadMs, receiver, token, what came of the visit: 'took' something, 'failed' at everything, or 'nothing'.
 */
export const releaseReceiverLua = `${webhooksLua}
local now = nowMs() + tonumber(ARGV[1])
local receiver, key = ARGV[2], receiverKey(ARGV[2])
if redis.call('HGET', key, 'holder') ~= ARGV[3] then return 'lost' end
redis.call('HDEL', key, 'holder')
if ARGV[4] == 'took' then
  redis.call('HDEL', key, 'failedVisits')
elseif ARGV[4] == 'failed' then
  local visits = redis.call('HINCRBY', key, 'failedVisits', 1)
  rest(receiver, now + math.min(${LONGEST_REST_MS}, ${FIRST_REST_MS} * 2 ^ (math.min(visits, ${REST_DOUBLINGS + 1}) - 1)))
end
schedule(receiver, now)
return 'released'
`;
