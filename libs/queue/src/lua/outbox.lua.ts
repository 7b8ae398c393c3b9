/**
 * Needs `sharedLua`. Events for webhooks go into the stream `<root>:webhook-outbox` in the very script that makes them
 * true; a dispatcher takes them from there.
 */
export const outboxLua = `
-- Whether an endpoint of the owner is told of such events, or may be: Redis has lost the endpoints now and then.
local function isListenedTo(owner, eventType)
  return redis.call('EXISTS', root .. ':webhook-listeners:' .. owner .. ':' .. eventType) == 1
    or redis.call('EXISTS', root .. ':webhook-endpoints-known') == 0
end

-- The event id follows from its subject ('job_...') and what it says, so that an event that is sent again keeps its id.
local function appendToOutbox(owner, subjectId, eventType, ...)
  local eventId = 'evt_' .. string.gsub(subjectId, '^%a+_', '') .. '_' .. string.gsub(eventType, '^%a+%.', '')
  redis.call('XADD', root .. ':webhook-outbox', '*', 'eventId', eventId, 'eventType', eventType, 'subjectId', subjectId,
    'ownerId', owner, ...)
end
`;
