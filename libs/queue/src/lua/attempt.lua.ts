import { lineLua } from './line.lua.js';
import { fenceLua, finishJobLua, sharedLua } from './shared.lua.js';
import { tokensLua } from './tokens.lua.js';

/** Candidates that may turn out to have ended, by cancel, deadline or crashes, before a script gives up for now. */
const MAX_ENDED_CANDIDATES = 20;

/**
 * Needs {@link sharedLua}, {@link lineLua} and {@link finishJobLua}. What begins attempts. An entry that carries an open
 * job brings that one: its worker died, or it waits to be tried again. Any other entry takes the next job in line.
 */
const takeJobLua = `
-- Reads the seven arguments from there on: queue, model, entry id, token of the entry's lock, token of the attempt,
-- crashes after which a job fails, '1' when nothing else runs beside the attempt.
local function takingFrom(first)
  return {
    model = ARGV[first + 1], queue = ARGV[first], entryId = ARGV[first + 2], lockToken = ARGV[first + 3],
    token = ARGV[first + 4], maxCrashes = tonumber(ARGV[first + 5]), isAlone = ARGV[first + 6] == '1',
    entryKey = root .. ':' .. ARGV[first] .. ':' .. ARGV[first + 2],
  }
end

local function carriedJob(taking)
  local id = redis.call('HGET', taking.entryKey, 'carriedJobId')
  if not id then return nil end
  local facts = redis.call('HMGET', jobKey(id), 'status', 'entryId')
  if facts[1] and isOpen(facts[1]) and facts[2] == taking.entryId then return id end
  return nil
end

local function nextJob(taking)
  local id = takeFromLine(taking.model, taking.entryId)
  if id then redis.call('HSET', taking.entryKey, 'carriedJobId', id) end
  return id
end

-- Makes the attempt the job's current one. A token left by an attempt that never ended means that its worker died: the
-- job is suspected of it from then on, and starts only where it runs alone. Returns nothing where the job ends instead.
local function beginAttempt(id, taking)
  local key = jobKey(id)
  local facts = redis.call('HMGET', key, 'attemptToken', 'cancelRequested', 'deadlineAtMs', 'crashes', 'status')
  local previous, crashes = facts[1], tonumber(facts[4])
  if not isOpen(facts[5]) then return nil end
  -- The same command again, sent by the client after a reconnect.
  if previous == taking.token then return { 'started', redis.call('HGETALL', key) } end
  if facts[2] == '1' then cancelJob(id) return nil end
  if facts[3] and tonumber(facts[3]) <= nowMs() then expireJob(id) return nil end
  if previous then
    crashes = redis.call('HINCRBY', key, 'crashes', 1)
    if crashes >= taking.maxCrashes then crashJob(id) return nil end
    -- While it waits to be alone it has no attempt, so that a neighbour's crash is not counted as its own.
    redis.call('HDEL', key, 'attemptToken')
    setStatus(id, 'queued')
  end
  if crashes > 0 and not taking.isAlone then return { 'suspect', id } end

  setStatus(id, 'in_progress')
  redis.call('HSETNX', key, 'startedAtMs', nowMs())
  redis.call('HINCRBY', key, 'attempts', 1)
  redis.call('HSET', key, 'attemptToken', taking.token, 'lastTextSequence', 0)
  -- Text that an earlier attempt streamed is void.
  if redis.call('EXISTS', eventsKey(id)) == 1 then appendEvent(id, 'text', 'type', 'restart') end
  return { 'started', redis.call('HGETALL', key) }
end

-- Returns {'started', record fields}, {'suspect', id}, {'none'} when no job waits, {'again'} when one may, or {'lost'}
-- when the entry is another worker's by now.
local function takeJob(taking)
  if redis.call('GET', taking.entryKey .. ':lock') ~= taking.lockToken then return { 'lost' } end
  local id = carriedJob(taking)
  for _ = 1, ${MAX_ENDED_CANDIDATES} do
    id = id or nextJob(taking)
    if not id then return { 'none' } end
    local begun = beginAttempt(id, taking)
    if begun then return begun end
    id = nil
  end
  return { 'again' }
end
`;

/**
 * Begins an attempt at the job that an entry carries, or at the next one in line. ARGV: as takingFrom(1) reads them.
 * Returns what takeJob returns, and whether (1 or 0) another entry must follow this one.
 */
export const startAttemptLua = `${sharedLua}${lineLua}${finishJobLua}${takeJobLua}
local taking = takingFrom(1)
return { takeJob(taking), needsSuccessor(taking.model, taking.queue) and 1 or 0 }
`;

/**
 * Ends the job with its answer, and may begin an attempt at the next one. A cancel that was accepted before wins.
 * ARGV: id, attempt token, answer as JSON, tokens of prompt and answer, then nothing or as takingFrom(5) reads them.
 * Returns the final status or a refusal, and what takeJob returns where that was asked for and the job is nobody else's.
 */
export const completeJobLua = `${sharedLua}${tokensLua}${lineLua}${finishJobLua}${fenceLua}${takeJobLua}
local id = ARGV[1]

local function completeJob()
  local refused = refusal(id, ARGV[2])
  if refused then return refused end
  local facts = redis.call('HMGET', jobKey(id), 'cancelRequested', 'ownerId')
  if facts[1] == '1' then return cancelJob(id) end
  addTokens(facts[2], ARGV[4])
  return finishJob(id, 'completed', 'answer', ARGV[3])
end

local outcome = completeJob()
if not ARGV[5] or outcome == 'superseded' then return { outcome } end
return { outcome, takeJob(takingFrom(5)) }
`;

/**
 * Records that an attempt failed: the job waits for another one if that may help and attempts are left, else it fails.
 * Attempts that died with their worker do not count against the job's attempts.
 * ARGV: id, attempt token, error as JSON, '1' when another attempt may succeed.
 * Returns 'retry', the final status, or a refusal.
 */
export const failAttemptLua = `${sharedLua}${lineLua}${finishJobLua}${fenceLua}
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
export const releaseAttemptLua = `${sharedLua}${lineLua}${finishJobLua}${fenceLua}
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
