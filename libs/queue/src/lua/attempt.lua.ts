import { fenceLua, finishJobLua, sharedLua } from './shared.lua.js';
import { tokensLua } from './tokens.lua.js';

/**
 * Makes an attempt the job's current one. A token left by an attempt that never ended means that its worker died: the
 * job is suspected of it from then on, and starts only where it runs alone.
 * ARGV: id, attempt token, crashes after which the job fails, '1' when nothing else runs beside the attempt.
 * Returns {'started', record fields} or {'suspect'} or {'gone'} or {final status} (also when this call ended the job).
 */
export const startAttemptLua = `${sharedLua}${finishJobLua}
local id, token, maxCrashes = ARGV[1], ARGV[2], tonumber(ARGV[3])
local key = jobKey(id)
local facts = redis.call('HMGET', key, 'status', 'attemptToken', 'cancelRequested', 'deadlineAtMs', 'crashes')
local status, previous = facts[1], facts[2]
if not status then return { 'gone' } end
if not isOpen(status) then return { status } end
if previous == token then return { 'started', redis.call('HGETALL', key) } end
if facts[3] == '1' then return { cancelJob(id) } end
if facts[4] and tonumber(facts[4]) <= nowMs() then return { expireJob(id) } end
local crashes = tonumber(facts[5])
if previous then
  crashes = redis.call('HINCRBY', key, 'crashes', 1)
  if crashes >= maxCrashes then return { crashJob(id) } end
  -- While it waits to be alone it has no attempt, so that a neighbour's crash is not counted as its own.
  redis.call('HDEL', key, 'attemptToken')
  setStatus(id, 'queued')
end
if crashes > 0 and ARGV[4] ~= '1' then return { 'suspect' } end

setStatus(id, 'in_progress')
redis.call('ZREM', root .. ':unqueued', id)
redis.call('HSETNX', key, 'startedAtMs', nowMs())
redis.call('HINCRBY', key, 'attempts', 1)
redis.call('HSET', key, 'attemptToken', token, 'lastTextSequence', 0)
-- Text that an earlier attempt streamed is void.
if redis.call('EXISTS', eventsKey(id)) == 1 then appendEvent(id, 'text', 'type', 'restart') end
return { 'started', redis.call('HGETALL', key) }
`;

/**
 * Ends the job with its answer. A cancel that was accepted before wins.
 * ARGV: id, attempt token, answer as JSON, tokens of prompt and answer. Returns the final status or a refusal.
 */
export const completeJobLua = `${sharedLua}${tokensLua}${finishJobLua}${fenceLua}
local id = ARGV[1]
local refused = refusal(id, ARGV[2])
if refused then return refused end
if redis.call('HGET', jobKey(id), 'cancelRequested') == '1' then return cancelJob(id) end
addTokens(redis.call('HGET', jobKey(id), 'ownerId'), ARGV[4])
return finishJob(id, 'completed', 'answer', ARGV[3])
`;

/**
 * Records that an attempt failed: the job waits for another one if that may help and attempts are left, else it fails.
 * Attempts that died with their worker do not count against the job's attempts.
 * ARGV: id, attempt token, error as JSON, '1' when another attempt may succeed.
 * Returns 'retry', the final status, or a refusal.
 */
export const failAttemptLua = `${sharedLua}${finishJobLua}${fenceLua}
local id = ARGV[1]
local key = jobKey(id)
local refused = refusal(id, ARGV[2])
if refused then return refused end
local facts = redis.call('HMGET', key, 'cancelRequested', 'attempts', 'crashes', 'maxAttempts')
if facts[1] == '1' then return cancelJob(id) end
local failures = tonumber(facts[2]) - tonumber(facts[3])
if ARGV[4] ~= '1' or failures >= tonumber(facts[4]) then return finishJob(id, 'failed', 'error', ARGV[3]) end
redis.call('HDEL', key, 'attemptToken')
setStatus(id, 'queued')
return 'retry'
`;

/**
 * Gives the job back unanswered, as if the attempt had never been started.
 * ARGV: id, attempt token. Returns 'released', 'cancelled' when a cancel was waiting, or a refusal.
 */
export const releaseAttemptLua = `${sharedLua}${finishJobLua}${fenceLua}
local id = ARGV[1]
local key = jobKey(id)
local refused = refusal(id, ARGV[2])
if refused then return refused end
if redis.call('HGET', key, 'cancelRequested') == '1' then return cancelJob(id) end
redis.call('HDEL', key, 'attemptToken')
if redis.call('HINCRBY', key, 'attempts', -1) == 0 then redis.call('HDEL', key, 'startedAtMs') end
setStatus(id, 'queued')
return 'released'
`;

/**
 * Appends pieces of text to the job's event stream. The sequence number makes a command that is sent again harmless.
 * ARGV: id, attempt token, sequence number from 1, then per piece: choice, text, log probabilities as JSON or ''.
 * Returns 'appended' or a refusal.
 */
export const appendTextLua = `${sharedLua}${fenceLua}
local id, sequence = ARGV[1], tonumber(ARGV[3])
local refused = refusal(id, ARGV[2])
if refused then return refused end
if sequence > tonumber(redis.call('HGET', jobKey(id), 'lastTextSequence')) then
  redis.call('HSET', jobKey(id), 'lastTextSequence', sequence)
  for index = 4, #ARGV, 3 do
    local fields = { 'type', 'text', 'text', ARGV[index + 1] }
    if ARGV[index] ~= '0' then for _, each in ipairs({ 'choice', ARGV[index] }) do fields[#fields + 1] = each end end
    if ARGV[index + 2] ~= '' then
      for _, each in ipairs({ 'logprobs', ARGV[index + 2] }) do fields[#fields + 1] = each end
    end
    appendEvent(id, 'text', unpack(fields))
  end
end
return 'appended'
`;
