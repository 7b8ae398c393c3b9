import { ERROR_CODES, type ErrorCode, JOB_STATUSES, type JobError } from '@tessera/contracts';
import { outboxLua } from './outbox.lua.js';

function errorJson(code: ErrorCode, message: string): string {
  const error: JobError = { code, message, retryable: ERROR_CODES[code].retryable };
  return JSON.stringify(error);
}

/** Time that a job's event stream stays after its last event. */
const EVENT_RETENTION_SECONDS = 3_600;
/** Events that a job's stream keeps, about; older ones are trimmed. */
const MAX_EVENTS = 20_000;

/**
 * What every script begins with. `KEYS[1]` is the key root, such as `{tessera}`; every other key begins with it, and
 * its hash tag keeps them all in one slot of a Redis Cluster. Time is the Redis server's, so that all processes share
 * one clock.
 *
 * Keys: `<root>:job:<id>` hash, the record; `<root>:job-events:<id>` stream; `<root>:jobs-of:<owner>` zset by
 * creation, without hidden jobs; `<root>:jobs-of:<owner>:<status>` zset by creation, in which hidden jobs are below 0;
 * `<root>:jobs:<status>` zset by creation of everybody's, of statuses that are not final; `<root>:deadlines` zset by
 * deadline; `<root>:expiries` zset of final jobs by the end of their retention; `<root>:orphans` zset of ids that have
 * objects in the store and no record, by when that was first seen;
 * `<root>:idempotency:<hash>` hash; `<root>:webhook-outbox` stream; channels `<root>:notifications` ("kind id") and
 * `<root>:aborts` ("reason id"). BullMQ's keys are `<root>:<queue>:...`.
 */
export const sharedLua = `
local root = KEYS[1]
local STATUSES = { ${JOB_STATUSES.map((status) => `'${status}'`).join(', ')} }

local function jobKey(id) return root .. ':job:' .. id end
local function eventsKey(id) return root .. ':job-events:' .. id end

-- In a script no time passes.
local nowUsOnce
local function nowUs()
  if not nowUsOnce then
    local time = redis.call('TIME')
    nowUsOnce = tonumber(time[1]) * 1e6 + tonumber(time[2])
  end
  return nowUsOnce
end

local function nowMs() return math.floor(nowUs() / 1000) end

local function isOpen(status) return status == 'queued' or status == 'in_progress' end

local function jobsOf(owner) return root .. ':jobs-of:' .. owner end

local function statusIndex(owner, status) return jobsOf(owner) .. ':' .. status end

-- An owner's queued jobs, hidden ones among them.
local function countQueued(owner) return redis.call('ZCARD', statusIndex(owner, 'queued')) end

-- Takes the job out of the indexes by that status.
local function leaveIndexes(id, owner, status)
  redis.call('ZREM', statusIndex(owner, status), id)
  if isOpen(status) then redis.call('ZREM', root .. ':jobs:' .. status, id) end
end

-- Drops every index entry of a job whose record is gone, or going.
local function forgetJob(id, owner)
  redis.call('ZREM', jobsOf(owner), id)
  for _, status in ipairs(STATUSES) do leaveIndexes(id, owner, status) end
  for _, index in ipairs({ ':deadlines', ':expiries' }) do redis.call('ZREM', root .. index, id) end
end

-- Moves the job between the status indexes; from is false for a new one.
local function moveIndexes(id, owner, createdAtMs, isHidden, from, to)
  if from == to then return end
  if from then leaveIndexes(id, owner, from) end
  redis.call('ZADD', statusIndex(owner, to), isHidden == '1' and '-' .. createdAtMs or createdAtMs, id)
  if isOpen(to) then redis.call('ZADD', root .. ':jobs:' .. to, createdAtMs, id) end
end

local function setStatus(id, status)
  local facts = redis.call('HMGET', jobKey(id), 'status', 'createdAtMs', 'ownerId', 'isHidden')
  moveIndexes(id, facts[3], facts[2], facts[4], facts[1], status)
  redis.call('HSET', jobKey(id), 'status', status)
end

local function wakeReaders(id, kind) redis.call('PUBLISH', root .. ':notifications', kind .. ' ' .. id) end

-- Appends an event that readers of the job's stream see, and wakes them.
local function appendEvent(id, ...)
  redis.call('XADD', eventsKey(id), 'MAXLEN', '~', ${MAX_EVENTS}, '*', ...)
  redis.call('EXPIRE', eventsKey(id), ${EVENT_RETENTION_SECONDS})
  wakeReaders(id, 'text')
end
`;

/** Needs {@link sharedLua}. Since when objects have been in the store without an owner. */
export const orphanLua = `
-- Notes ids that have no owner now in a zset, by when that was first seen. Returns those noted for so long.
local function noteOrphans(notes, afterMs, ids)
  -- Of ids that are no longer in the store, or have found their owner.
  redis.call('ZREMRANGEBYSCORE', notes, '-inf', nowMs() - 2 * afterMs - 1)
  local removable = {}
  for _, id in ipairs(ids) do
    redis.call('ZADD', notes, 'NX', nowMs(), id)
    if tonumber(redis.call('ZSCORE', notes, id)) <= nowMs() - afterMs then removable[#removable + 1] = id end
  end
  return removable
end
`;

const EXPIRY_MARGIN_SECONDS = 86_400;

/** Needs {@link sharedLua} and lineLua. The one way a job ends: indexes, outbox, event, notification and expiry together. */
export const finishJobLua = `${outboxLua}
local CANCELLED_ERROR = [[${errorJson('job_cancelled', 'The job was cancelled on request.')}]]
local EXPIRED_ERROR = [[${errorJson('job_expired', 'The job did not finish before its deadline.')}]]
local CRASHED_ERROR = [[${errorJson('worker_crashed', 'The workers that ran this job died or lost it too often.')}]]

-- For the job's own webhook and for its owner's endpoints, where any of them wants to hear of it.
local function tellOfJob(id, owner, webhookJson, status, finishedAtMs)
  local eventType = 'job.' .. status
  local webhook = webhookJson and cjson.decode(webhookJson)
  for _, wanted in ipairs(webhook and webhook.events or {}) do
    if wanted == eventType then
      return appendToOutbox(owner, id, eventType, 'occurredAtMs', finishedAtMs, 'webhookUrl', webhook.url)
    end
  end
  if isListenedTo(owner, eventType) then appendToOutbox(owner, id, eventType, 'occurredAtMs', finishedAtMs) end
end

-- What matters of a job for its end.
local function endFacts(id)
  return redis.call('HMGET', jobKey(id), 'status', 'createdAtMs', 'ownerId', 'model', 'entryId', 'deadlineAtMs',
    'webhook', 'isHidden', 'retentionSeconds', 'attemptToken', 'cancelRequested')
end

-- The facts are as endFacts has read them, where it has.
local function finishJob(id, status, field, value, facts)
  local key = jobKey(id)
  facts = facts or endFacts(id)
  local before, createdAtMs, owner, model, entryId, deadlineAtMs, webhook, isHidden = unpack(facts)
  local finishedAtMs, retentionSeconds = nowMs(), tonumber(facts[9])
  moveIndexes(id, owner, createdAtMs, isHidden, before, status)
  redis.call('HSET', key, 'status', status, 'finishedAtMs', finishedAtMs, field, value)
  if deadlineAtMs then redis.call('ZREM', root .. ':deadlines', id) end
  if not entryId then leaveLine(id, owner, model) end
  if isHidden ~= '1' then tellOfJob(id, owner, webhook, status, finishedAtMs) end
  -- They find the end in the record.
  wakeReaders(id, 'final')
  redis.call('ZADD', root .. ':expiries', finishedAtMs + retentionSeconds * 1000, id)
  -- Upkeep removes the job with its objects; this only bounds what stays where no upkeep runs.
  redis.call('EXPIRE', key, retentionSeconds + ${EXPIRY_MARGIN_SECONDS})
  return status
end

local function cancelJob(id) return finishJob(id, 'cancelled', 'error', CANCELLED_ERROR) end
local function expireJob(id) return finishJob(id, 'expired', 'error', EXPIRED_ERROR) end
local function crashJob(id) return finishJob(id, 'failed', 'error', CRASHED_ERROR) end
`;

/**
 * Needs {@link sharedLua}. Fencing: only the job's current attempt may write. A command that ioredis sent again after a
 * reconnect finds the job final with its own token still on it, and gets the same answer as the first time; where the
 * first one gave the job up for another attempt, the answer is 'superseded', on which a consumer gives it up too.
 */
export const fenceLua = `
-- Returns nil when the attempt with that token may write, else what to answer instead.
local function refusalOf(status, attemptToken, token)
  if not status then return 'gone' end
  if attemptToken ~= token then
    if isOpen(status) then return 'superseded' end
    return 'already_final'
  end
  if status ~= 'in_progress' then return status end
  return nil
end

local function refusal(id, token)
  local facts = redis.call('HMGET', jobKey(id), 'status', 'attemptToken')
  return refusalOf(facts[1], facts[2], token)
end
`;
