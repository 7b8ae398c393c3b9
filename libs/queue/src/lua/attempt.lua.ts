import { RECORD_FIELDS } from '../record-fields.js';
import { lineLua } from './line.lua.js';
import { fenceLua, finishJobLua, sharedLua } from './shared.lua.js';
import { tokensLua } from './tokens.lua.js';

/** Candidates that may turn out to have ended, by cancel, deadline or crashes, before a script gives up for now. */
const MAX_ENDED_CANDIDATES = 20;

/** What is read of a job before an attempt at it: the fields of its record, which are the reply, then others. */
const FACTS = [...RECORD_FIELDS, 'attemptToken', 'crashes', 'lastTextSequence', 'entryId'];
/** One of them in the Lua list `facts`, which is read without making a table of names: this is done for every job. */
const fact = (name: string): string => `facts[${FACTS.indexOf(name) + 1}]`;

/**
 * Needs {@link sharedLua}, {@link lineLua} and {@link finishJobLua}. What begins attempts. An entry that carries an open
 * job brings that one: its worker died, or handed it back. Any other entry takes the next job in line.
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

-- Returns what matters of a job for an attempt at it, and its weight; nothing where there is no record.
local function factsOf(id)
  local facts = redis.call('HMGET', jobKey(id), ${FACTS.map((name) => `'${name}'`).join(', ')})
  if ${fact('status')} then return facts, ${fact('weight')} end
  return nil
end

local function carriedJob(taking)
  local id = redis.call('HGET', taking.entryKey, 'carriedJobId')
  local facts = id and factsOf(id)
  if facts and ${fact('entryId')} == taking.entryId then return id, facts end
  return nil
end

local function nextJob(taking)
  local id, facts = takeFromLine(taking.model, factsOf)
  if facts then redis.call('HSET', taking.entryKey, 'carriedJobId', id) end
  return id, facts
end

-- The reply for an attempt that has begun.
local function started(facts)
  -- A reply ends before the first nil.
  facts[${RECORD_FIELDS.length + 1}] = nil
  return { 'started', facts }
end

-- A job that may have killed its worker runs alone. While it waits for that it has no attempt, so that a neighbour's
-- crash is not counted as its own.
local function suspectJob(id, taking, crashes)
  redis.call('HSET', jobKey(id), 'entryId', taking.entryId, 'crashes', crashes)
  redis.call('HDEL', jobKey(id), 'attemptToken')
  setStatus(id, 'queued')
  return { 'suspect', id }
end

-- Makes the attempt the job's current one. A token left by an attempt that never ended means that its worker died: the
-- job is suspected of it from then on, and starts only where it runs alone. Returns nothing where the job ends instead.
local function beginAttempt(id, facts, taking)
  local attemptToken, status, deadlineAtMs = ${fact('attemptToken')}, ${fact('status')}, ${fact('deadlineAtMs')}
  if not isOpen(status) then return nil end
  -- The same command again, sent by the client after a reconnect.
  if attemptToken == taking.token then return started(facts) end
  if ${fact('cancelRequested')} == '1' then cancelJob(id) return nil end
  if deadlineAtMs and tonumber(deadlineAtMs) <= nowMs() then expireJob(id) return nil end
  local crashes = tonumber(${fact('crashes')}) + (attemptToken and 1 or 0)
  if crashes >= taking.maxCrashes then crashJob(id) return nil end
  if crashes > 0 and not taking.isAlone then return suspectJob(id, taking, crashes) end

  -- Text that an earlier attempt streamed is void.
  local sequence = ${fact('lastTextSequence')}
  if sequence and sequence ~= '0' then appendEvent(id, 'type', 'restart') end
  moveIndexes(id, ${fact('ownerId')}, ${fact('createdAtMs')}, ${fact('isHidden')}, status, 'in_progress')
  ${fact('status')} = 'in_progress'
  ${fact('startedAtMs')} = ${fact('startedAtMs')} or string.format('%.0f', nowMs())
  ${fact('attempts')} = string.format('%d', ${fact('attempts')} + 1)
  redis.call('HSET', jobKey(id), 'status', 'in_progress', 'startedAtMs', ${fact('startedAtMs')},
    'attempts', ${fact('attempts')}, 'attemptToken', taking.token, 'lastTextSequence', 0,
    'entryId', taking.entryId, 'crashes', crashes)
  return started(facts)
end

-- Begins with the job given, which the entry carries, if there is one. Returns {'started', values of the record's fields},
-- {'suspect', id}, {'none'} when no job waits, {'again'} when one may, or {'lost'} when the entry is another worker's by now.
local function takeJob(taking, id, facts)
  if redis.call('GET', taking.entryKey .. ':lock') ~= taking.lockToken then return { 'lost' } end
  if not id then returnToLine(taking.model) end
  for _ = 1, ${MAX_ENDED_CANDIDATES} do
    if not id then id, facts = nextJob(taking) end
    if id == nil then return { 'none' } end
    local begun = facts and beginAttempt(id, facts, taking)
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
local carriedId, facts = carriedJob(taking)
return { takeJob(taking, carriedId, facts), needsSuccessor(taking.model, taking.queue, carriedId) and 1 or 0 }
`;

/**
 * Needs {@link sharedLua} and {@link tokensLua}. What an attempt took that came to no answer counts, unless it is handed
 * back.
 */
const unansweredLua = `
-- Where the job had ended before, the refusal says how. Sent again after a reconnect, the command finds its token noted.
local function countUnanswered(id, owner, token, tokens, refused)
  if tonumber(tokens) == 0 then return end
  if refused == 'superseded' or refused == 'already_final' or refused == 'completed' then return end
  if refused ~= 'gone' then
    if redis.call('HGET', jobKey(id), 'countedToken') == token then return end
    redis.call('HSET', jobKey(id), 'countedToken', token)
  end
  addTokens(owner, tokens)
end
`;

/**
 * Ends the job with its answer, and may begin an attempt at the next one. A cancel that was accepted before wins.
 * ARGV: id, attempt token, answer as JSON, tokens of prompt and answer, owner, then nothing or as takingFrom(6) reads them.
 * Returns the final status or a refusal, and what takeJob returns where that was asked for and the job is nobody else's.
 */
export const completeJobLua = `${sharedLua}${tokensLua}${unansweredLua}${lineLua}${finishJobLua}${fenceLua}${takeJobLua}
local id, owner = ARGV[1], ARGV[5]

local facts = endFacts(id)
local refused = refusalOf(facts[1], facts[10], ARGV[2])

local function completeJob()
  if facts[11] == '1' then
    countUnanswered(id, owner, ARGV[2], ARGV[4])
    return cancelJob(id)
  end
  addTokens(owner, ARGV[4])
  return finishJob(id, 'completed', 'answer', ARGV[3], facts)
end

if refused then countUnanswered(id, owner, ARGV[2], ARGV[4], refused) end
local outcome = refused or completeJob()
if not ARGV[6] or outcome == 'superseded' then return { outcome } end
local taking = takingFrom(6)
-- Where the command was sent again, the entry may carry the next job already.
if refused then return { outcome, takeJob(taking, carriedJob(taking)) } end
return { outcome, takeJob(taking) }
`;

/**
 * Records that an attempt failed: the job waits for another one if that may help and attempts are left, else it fails.
 * It is no entry's then: another attempt is a turn of its owner. Attempts that died with their worker do not count
 * against the job's attempts.
 * ARGV: id, attempt token, owner, tokens it took, error as JSON, '1' when another attempt may succeed, ms after which it
 * may begin.
 * Returns 'retry', the final status, or a refusal.
 */
export const failAttemptLua = `${sharedLua}${tokensLua}${unansweredLua}${lineLua}${finishJobLua}${fenceLua}
local id = ARGV[1]
local key = jobKey(id)
local refused = refusal(id, ARGV[2])
countUnanswered(id, ARGV[3], ARGV[2], ARGV[4], refused)
if refused then return refused end
local facts = redis.call('HMGET', key, 'cancelRequested', 'attempts', 'crashes', 'maxAttempts', 'model')
if facts[1] == '1' then return cancelJob(id) end
local failures = tonumber(facts[2]) - tonumber(facts[3])
if ARGV[6] ~= '1' or failures >= tonumber(facts[4]) then return finishJob(id, 'failed', 'error', ARGV[5]) end
redis.call('HDEL', key, 'attemptToken', 'entryId')
setStatus(id, 'queued')
retryLater(id, facts[5], ARGV[7])
return 'retry'
`;

/**
 * Gives the job back unanswered, as if the attempt had never been started.
 * ARGV: id, attempt token, owner, tokens it took. Returns 'released', 'cancelled' when a cancel was waiting, or a refusal.
 */
export const releaseAttemptLua = `${sharedLua}${tokensLua}${unansweredLua}${lineLua}${finishJobLua}${fenceLua}
local id = ARGV[1]
local key = jobKey(id)
local refused = refusal(id, ARGV[2])
local isCancelled = not refused and redis.call('HGET', key, 'cancelRequested') == '1'
if refused or isCancelled then countUnanswered(id, ARGV[3], ARGV[2], ARGV[4], refused) end
if refused then return refused end
if isCancelled then return cancelJob(id) end
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
    appendEvent(id, unpack(fields))
  end
end
return 'appended'
`;
