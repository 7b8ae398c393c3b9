import { webhooksLua } from './webhooks.lua.js';

/** Attempts that the log shows of one delivery. */
const LOGGED_ATTEMPTS = 20;
/** After a visit that failed a receiver rests as a whole, twice as long each time: its backlog does not keep it down. */
const FIRST_REST_MS = 1_000;
const LONGEST_REST_MS = 300_000;
const REST_DOUBLINGS = 9;
/** An owner gets another place only while so many are free for each that it has: what is left is for those who come next. */
const FREE_PLACES_PER_PLACE = 4;

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
  if not isEndpoint(receiver) then redis.call('HSET', receiverKey(receiver), 'ownerId', owner) end
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
 * Takes receivers whose time has come, also those whose holder has let its hold end: one of each owner in turn, and of an
 * owner only while it has less than a quarter as many places as are free. An owner goes to the end of the lane when one of its is taken.
 * ARGV: aheadMs, lane ('steady' or 'troubled'), most receivers, ms that the hold lasts, token of the hold, free places, owners
 * that have places in the lane, then owner and places in turn.
 * Returns {pairs of receiver and owner, ms until the lane has more or ''}: owners that have too much already do not count.
 */
export const holdReceiversLua = `${webhooksLua}
local now = nowMs() + tonumber(ARGV[1])
local lane, most, holdMs, token, free = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5], tonumber(ARGV[6])
local places, ownersWithPlaces = {}, (#ARGV - 6) / 2
for at = 7, #ARGV, 2 do places[ARGV[at]] = tonumber(ARGV[at + 1]) end
local taken, hasTaken = {}, {}

local function takeOne(owner)
  if #taken >= most or ${FREE_PLACES_PER_PLACE} * (places[owner] or 0) >= free then return false end
  local receiver = redis.call('ZRANGEBYSCORE', laneKey(lane, owner), '-inf', now, 'LIMIT', 0, 1)[1]
  if not receiver then return false end
  redis.call('HSET', receiverKey(receiver), 'holder', token)
  redis.call('ZADD', laneKey(lane, owner), now + holdMs, receiver)
  free, places[owner], hasTaken[owner] = free - 1, (places[owner] or 0) + 1, true
  taken[#taken + 1] = { receiver, owner }
  return true
end

local function placeOwner(owner)
  local first = redis.call('ZRANGE', laneKey(lane, owner), 0, 0, 'WITHSCORES')
  if not first[2] then return redis.call('ZREM', ownersLane(lane), owner) end
  if tonumber(first[2]) > now then
    redis.call('ZADD', ownersLane(lane), first[2], owner)
  elseif hasTaken[owner] then
    redis.call('ZADD', ownersLane(lane), now, owner)
  end
end

-- Those that have places may be kept from more, and must not hide the others.
local limit = most + ownersWithPlaces
local owners = redis.call('ZRANGEBYSCORE', ownersLane(lane), '-inf', now, 'LIMIT', 0, limit)
local asking = owners
while #asking > 0 do
  local served = {}
  for _, owner in ipairs(asking) do
    if takeOne(owner) then served[#served + 1] = owner end
  end
  asking = served
end
for _, owner in ipairs(owners) do placeOwner(owner) end

if free > 0 and (#taken == most or #owners == limit) then return { taken, 0 } end
local next = redis.call('ZRANGEBYSCORE', ownersLane(lane), '(' .. string.format('%.0f', now), '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
return { taken, next[2] and tonumber(next[2]) - now or '' }
`;

/** ARGV: aheadMs, ms that the holds last, then receiver and token in turn. Returns the receivers that are no longer held. */
export const renewHoldsLua = `${webhooksLua}
local untilMs = nowMs() + tonumber(ARGV[1]) + tonumber(ARGV[2])
local lost = {}
for at = 3, #ARGV, 2 do
  local receiver = ARGV[at]
  if redis.call('HGET', receiverKey(receiver), 'holder') == ARGV[at + 1] then
    extendHold(receiver, untilMs)
  else
    lost[#lost + 1] = receiver
  end
end
return lost
`;

/**
 * What a held receiver is to be told now: of one that fails a single delivery, to see how it is. The hold begins anew: when
 * it was taken may be long ago, where Redis has been away since.
 * ARGV: aheadMs, receiver, token, most deliveries, ms that the hold lasts. Returns {'lost'} or {'held', endpoint record or '',
 * deliveries}.
 */
export const dueDeliveriesLua = `${webhooksLua}
local now, receiver = nowMs() + tonumber(ARGV[1]), ARGV[2]
local facts = redis.call('HMGET', receiverKey(receiver), 'holder', 'failedVisits')
if facts[1] ~= ARGV[3] then return { 'lost' } end
extendHold(receiver, now + tonumber(ARGV[5]))
local most = tonumber(facts[2] or '0') > 0 and 1 or ARGV[4]
local endpoint = {}
if isEndpoint(receiver) then
  endpoint = redis.call('HMGET', endpointKey(receiver), 'record', 'isEnabled')
  if endpoint[2] ~= '1' then return { 'held', '', {} } end
end
local ids = redis.call('ZRANGEBYSCORE', dueKey(receiver), '-inf', now, 'LIMIT', 0, most)
for _, id in ipairs(ids) do
  if redis.call('EXISTS', deliveryKey(id)) == 0 then redis.call('ZREM', dueKey(receiver), id) end
end
return { 'held', endpoint[1] or '', readDeliveries(ids) }
`;

/**
 * Records what came of an attempt. An event counts once against its receiver, however often it fails, until the receiver
 * has taken any. Where the delivery was asked for anew meanwhile, the attempt is only shown: it says nothing about when the
 * new ones are.
 * ARGV: aheadMs, receiver, token, delivery id, outcome ('delivered', 'failed', 'exhausted', 'refused' or 'dropped'),
 * attempt as JSON or '', ms until the next attempt, ms that the receiver asks to be left alone, '1' when the failure
 * counts, ended deliveries that the log keeps, ms that it keeps them, series that the attempt was of.
 * Returns {'lost'}, or {'recorded', events that failed since it took one, ms since the first of those failures}.
 */
export const recordAttemptLua = `${webhooksLua}
local now = nowMs() + tonumber(ARGV[1])
local receiver, id, outcome = ARGV[2], ARGV[4], ARGV[5]
local state = receiverKey(receiver)
if redis.call('HGET', state, 'holder') ~= ARGV[3] then return { 'lost' } end
local isOutdated = tonumber(redis.call('HGET', deliveryKey(id), 'series') or '0') ~= tonumber(ARGV[12])

local function countEvent()
  local streak = redis.call('HGET', state, 'streak') or '0'
  if redis.call('HGET', deliveryKey(id), 'countedIn') == streak then return end
  redis.call('HSET', deliveryKey(id), 'countedIn', streak)
  redis.call('HINCRBY', state, 'failingEvents', 1)
  redis.call('HSETNX', state, 'failingSinceMs', now)
end

local function finish(status)
  if isOutdated then return end
  if not isEndpoint(receiver) then return removeDelivery(id, receiver) end
  redis.call('ZREM', dueKey(receiver), id)
  setDeliveryStatus(id, receiver, status)
  trimLog(receiver, tonumber(ARGV[10]), now - tonumber(ARGV[11]))
end

if redis.call('EXISTS', deliveryKey(id)) == 1 then
  if ARGV[6] ~= '' then
    if not isOutdated then redis.call('HINCRBY', deliveryKey(id), 'round', 1) end
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
    if outcome == 'failed' and not isOutdated then
      redis.call('ZADD', dueKey(receiver), now + tonumber(ARGV[7]), id)
      setDeliveryStatus(id, receiver, 'failed')
    elseif outcome ~= 'failed' then
      finish('exhausted')
    end
  end
end
local facts = redis.call('HMGET', state, 'failingEvents', 'failingSinceMs')
return { 'recorded', tonumber(facts[1] or '0'), facts[2] and now - tonumber(facts[2]) or 0 }
`;

/**
 * Lets a receiver go; it is taken again when its next delivery is due.
 * ARGV: aheadMs, receiver, token, what came of the visit: 'took' something, 'failed' at everything, or 'nothing'; '1' when
 * it was slow.
 */
export const releaseReceiverLua = `${webhooksLua}
local now = nowMs() + tonumber(ARGV[1])
local receiver, key = ARGV[2], receiverKey(ARGV[2])
if redis.call('HGET', key, 'holder') ~= ARGV[3] then return 'lost' end
redis.call('HDEL', key, 'holder')
if ARGV[5] == '1' then
  redis.call('HSET', key, 'isSlow', 1)
elseif ARGV[4] ~= 'nothing' then
  redis.call('HDEL', key, 'isSlow')
end
if ARGV[4] == 'took' then
  redis.call('HDEL', key, 'failedVisits')
elseif ARGV[4] == 'failed' then
  local visits = redis.call('HINCRBY', key, 'failedVisits', 1)
  rest(receiver, now + math.min(${LONGEST_REST_MS}, ${FIRST_REST_MS} * 2 ^ (math.min(visits, ${REST_DOUBLINGS + 1}) - 1)))
end
schedule(receiver, now)
return 'released'
`;
