import { ADMIN_OWNER_ID } from '@tessera/contracts';
import { sharedLua } from './shared.lua.js';

/** Owners whose lapsed claims are looked at with each call. */
const LAPSED_AT_A_TIME = 100;

/**
 * Needs {@link sharedLua}. What owners have in the store: files, parts of uploads under way, images of jobs. Each has an
 * entry, written by the script that makes it and removed by the one that ends it, so that doing either again changes
 * nothing; the total changes with the entries.
 *
 * Keys: `<root>:stored-bytes:<owner>` hash of bytes by entry (`job:<id>`, `file:<id>`, `upload:<id>`, `part:<id>`) and
 * `total`; `<root>:storing-owners` set; `<root>:byte-claims` zset of entries ("owner entry") of what still comes, by when
 * they lapse unless they are renewed.
 */
export const storedBytesLua = `
local CLAIMS, STORING = root .. ':byte-claims', root .. ':storing-owners'
local function bytesKey(owner) return root .. ':stored-bytes:' .. owner end
local function exact(number) return string.format('%.0f', number) end

local function totalBytes(owner) return tonumber(redis.call('HGET', bytesKey(owner), 'total') or 0) end

local function entryBytes(owner, entry) return tonumber(redis.call('HGET', bytesKey(owner), entry) or 0) end

-- Sets what an entry has, for good; 0 removes it.
local function setBytes(owner, entry, bytes)
  local key = bytesKey(owner)
  local change = bytes - entryBytes(owner, entry)
  redis.call('ZREM', CLAIMS, owner .. ' ' .. entry)
  if change == 0 then return end
  if bytes > 0 then redis.call('HSET', key, entry, exact(bytes)) else redis.call('HDEL', key, entry) end
  if redis.call('HINCRBY', key, 'total', exact(change)) == 0 then redis.call('HDEL', key, 'total') end
  redis.call('SADD', STORING, owner)
end

local function lapseClaims()
  local lapsed = redis.call('ZRANGEBYSCORE', CLAIMS, '-inf', nowMs(), 'LIMIT', 0, ${LAPSED_AT_A_TIME})
  for _, claim in ipairs(lapsed) do
    local owner, entry = string.match(claim, '^(%S+) (%S+)$')
    setBytes(owner, entry, 0)
  end
end

-- Bytes that the owner may have beside its other entries.
local function roomFor(owner, entry, limit)
  lapseClaims()
  return limit - (totalBytes(owner) - entryBytes(owner, entry))
end
`;

/**
 * Claims room for what still comes.
 * ARGV: owner, entry, bytes that it has so far, bytes that are claimed where there is room, most of the owner, ms after
 * which the claim lapses. Returns {'claimed', bytes} or {'exceeded', bytes that the owner has without it}.
 */
export const claimBytesLua = `${sharedLua}${storedBytesLua}
local owner, entry, needed, wanted = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local limit = tonumber(ARGV[5])
local room = roomFor(owner, entry, limit)
if needed > room then return { 'exceeded', limit - room } end
local claimed = math.min(wanted, room)
setBytes(owner, entry, claimed)
if claimed > 0 then redis.call('ZADD', CLAIMS, nowMs() + tonumber(ARGV[6]), owner .. ' ' .. entry) end
return { 'claimed', claimed }
`;

/** Ends a claim that came to nothing; what has become a file stays. ARGV: owner, entry. Returns 1 where there was one. */
export const releaseBytesLua = `${sharedLua}${storedBytesLua}
if not redis.call('ZSCORE', CLAIMS, ARGV[1] .. ' ' .. ARGV[2]) then return 0 end
setBytes(ARGV[1], ARGV[2], 0)
return 1
`;

/** Owners that have something. */
export const storingOwnersLua = `${sharedLua}${storedBytesLua}
return redis.call('SMEMBERS', STORING)
`;

/**
 * Compares a page of an owner's entries with what exists.
 * ARGV: owner, cursor, how many. Returns {next cursor, entries removed}.
 */
export const reconcileBytesLua = `${sharedLua}${storedBytesLua}
local owner, removed = ARGV[1], {}
local function exists(entry)
  local kind, id = string.match(entry, '^(%a+):(.*)$')
  if redis.call('ZSCORE', CLAIMS, owner .. ' ' .. entry) then return true end
  if kind == 'job' then return redis.call('EXISTS', jobKey(id)) == 1 end
  if kind == 'file' then return redis.call('HEXISTS', root .. ':file-records', id) == 1 end
  if kind == 'upload' then return redis.call('HGET', root .. ':upload:' .. id, 'status') == 'pending' end
  return false
end

lapseClaims()
local page = redis.call('HSCAN', bytesKey(owner), ARGV[2], 'COUNT', ARGV[3])
for at = 1, #page[2], 2 do
  local entry = page[2][at]
  if entry ~= 'total' and not exists(entry) then
    setBytes(owner, entry, 0)
    removed[#removed + 1] = entry
  end
end
if page[1] == '0' and redis.call('EXISTS', bytesKey(owner)) == 0 then redis.call('SREM', STORING, owner) end
return { page[1], removed }
`;

/** Counts a page of files that may not be. ARGV: cursor, how many. Returns the next cursor. */
export const countFilesLua = `${sharedLua}${storedBytesLua}
local page = redis.call('HSCAN', root .. ':file-records', ARGV[1], 'COUNT', ARGV[2])
for at = 2, #page[2], 2 do
  local record = cjson.decode(page[2][at])
  setBytes(record.ownerId or '${ADMIN_OWNER_ID}', 'file:' .. record.id, record.bytes)
end
return page[1]
`;
