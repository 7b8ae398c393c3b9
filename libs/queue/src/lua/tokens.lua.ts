import { sharedLua } from './shared.lua.js';

/** A day's tokens are of no use once it is over; this long they can still be looked at. */
const TOKENS_SECONDS = 2 * 86_400;

/**
 * Needs {@link sharedLua}. Tokens that an owner has used, by UTC day. Keys: `<root>:tokens:<day since 1970>:<owner>`.
 */
export const tokensLua = `
local DAY_MS = 86400000

local function tokensKey(owner) return root .. ':tokens:' .. math.floor(nowMs() / DAY_MS) .. ':' .. owner end

local function tokensUsed(owner) return tonumber(redis.call('GET', tokensKey(owner)) or 0) end

local function addTokens(owner, count)
  if not owner or tonumber(count) == 0 then return end
  local key = tokensKey(owner)
  if redis.call('INCRBY', key, count) == tonumber(count) then redis.call('EXPIRE', key, ${TOKENS_SECONDS}) end
end

local function msUntilMidnight() return DAY_MS - nowMs() % DAY_MS end
`;

/** ARGV: owners. Returns the tokens that each has used today. */
export const tokensUsedLua = `${sharedLua}${tokensLua}
local used = {}
for position, owner in ipairs(ARGV) do used[position] = tokensUsed(owner) end
return used
`;
