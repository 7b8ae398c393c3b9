import { sharedLua } from './shared.lua.js';
import { storedBytesLua } from './stored-bytes.lua.js';
import { tokensLua } from './tokens.lua.js';

/** Time beyond its use for which state about requests is kept, so that a clock that is corrected loses none of it. */
const STATE_MARGIN_MS = 60_000;
/**
 * Needs {@link sharedLua}. What an owner's requests take. Keys: `<root>:request-bucket:<owner>` hash of `tokens` (requests
 * that may come at once) and `atUs`, when that was so; `<root>:request-leases:<owner>` zset of requests under way by when
 * their lease ends.
 */
const requestsLua = `${sharedLua}${tokensLua}
local function bucketKey(owner) return root .. ':request-bucket:' .. owner end
local function leasesKey(owner) return root .. ':request-leases:' .. owner end

-- Requests that may come at once: as many as in a second, one at least.
local function mostAtOnce(perSecond) return math.max(1, perSecond) end

-- Requests that may come at once now, which come back one by one at the rate of the limit; and as of when. Where
-- the clock was set back it stands still until it has caught up, so that no time counts twice.
local function requestsLeft(owner, perSecond)
  local bucket = redis.call('HMGET', bucketKey(owner), 'tokens', 'atUs')
  local atUs = nowUs()
  if not bucket[1] then return mostAtOnce(perSecond), atUs end
  local fromUs = tonumber(bucket[2])
  if atUs < fromUs then atUs = fromUs end
  return math.min(mostAtOnce(perSecond), tonumber(bucket[1]) + (atUs - fromUs) * perSecond / 1000000), atUs
end

local function takeRequest(owner, perSecond, left, atUs)
  redis.call('HSET', bucketKey(owner), 'tokens', string.format('%.6f', left - 1), 'atUs', string.format('%.0f', atUs))
  redis.call('PEXPIRE', bucketKey(owner), math.ceil(mostAtOnce(perSecond) * 1000 / perSecond) + ${STATE_MARGIN_MS})
end

local function requestsUnderWay(owner) return redis.call('ZCOUNT', leasesKey(owner), nowMs(), '+inf') end

local function holdLease(owner, lease, leaseMs)
  redis.call('ZADD', leasesKey(owner), nowMs() + leaseMs, lease)
  redis.call('PEXPIRE', leasesKey(owner), leaseMs + ${STATE_MARGIN_MS})
end
`;

/**
 * Lets a request through, or says which limit it would pass; then nothing is taken.
 * ARGV: owner, requests a second or '', concurrent requests or '', tokens a day or '', '1' when the request makes work
 * that takes tokens, lease id, ms that the lease lasts.
 * Returns {'admitted' | 'requests' | 'concurrency' | 'tokens', requests that may come at once after this one, ms until
 * one may, ms until all may, requests under way, tokens used, ms until midnight}.
 */
export const admitRequestLua = `${requestsLua}
local owner, perSecond, concurrent, perDay = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local leaseMs = tonumber(ARGV[7])
local left, atUs = 0, 0
if perSecond then left, atUs = requestsLeft(owner, perSecond) end
redis.call('ZREMRANGEBYSCORE', leasesKey(owner), '-inf', '(' .. string.format('%.0f', nowMs()))
local underWay, used = requestsUnderWay(owner), tokensUsed(owner)

local verdict = 'admitted'
-- A rounding error must not cost a request.
if perSecond and left < 1 - 1e-4 then verdict = 'requests' end
if concurrent and underWay >= concurrent and not redis.call('ZSCORE', leasesKey(owner), ARGV[6]) then
  verdict = 'concurrency'
end
if perDay and ARGV[5] == '1' and used >= perDay then verdict = 'tokens' end

if verdict == 'admitted' and perSecond then
  takeRequest(owner, perSecond, left, atUs)
  left = left - 1
end
if verdict == 'admitted' and concurrent then
  holdLease(owner, ARGV[6], leaseMs)
  underWay = requestsUnderWay(owner)
end

local waitMs, fullMs = 0, 0
if perSecond then
  waitMs = math.ceil(math.max(0, 1 - left) * 1000 / perSecond)
  fullMs = math.ceil((mostAtOnce(perSecond) - left) * 1000 / perSecond)
end
return { verdict, math.floor(left + 1e-4), waitMs, fullMs, underWay, used, msUntilMidnight() }
`;

/** Prolongs leases, also those that Redis has lost. ARGV: ms, then owner and lease id of each. */
export const renewLeasesLua = `${requestsLua}
for at = 2, #ARGV, 2 do holdLease(ARGV[at], ARGV[at + 1], tonumber(ARGV[1])) end
return 'renewed'
`;

/** Ends a lease. ARGV: owner, lease id. */
export const releaseLeaseOfRequestLua = `${requestsLua}
return redis.call('ZREM', leasesKey(ARGV[1]), ARGV[2])
`;

/**
 * ARGV: owner, requests a second or ''.
 * Returns {requests taken of those that may come at once, requests under way, tokens used, ms until midnight, queued jobs,
 * stored bytes}.
 */
export const ownerUsageLua = `${requestsLua}${storedBytesLua}
local owner, perSecond = ARGV[1], tonumber(ARGV[2])
local taken = perSecond and math.ceil(mostAtOnce(perSecond) - requestsLeft(owner, perSecond) - 1e-4) or 0
return { taken, requestsUnderWay(owner), tokensUsed(owner), msUntilMidnight(), countQueued(owner), totalBytes(owner) }
`;
