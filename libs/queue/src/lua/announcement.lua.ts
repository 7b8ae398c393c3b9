import { sharedLua } from './shared.lua.js';

/**
 * Keys: `<root>:consumers` zset of consumer ids by the time their announcement ends; `<root>:consumer-models` hash of
 * consumer id to model as JSON.
 */
const announcementsLua = `${sharedLua}
local consumers, models = root .. ':consumers', root .. ':consumer-models'
`;

/** Announces a consumer's model, or keeps the announcement alive. ARGV: consumer id, model as JSON, ms it lasts. */
export const announceLua = `${announcementsLua}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', consumers, '-inf', nowMs())) do
  redis.call('ZREM', consumers, id)
  redis.call('HDEL', models, id)
end
redis.call('ZADD', consumers, nowMs() + tonumber(ARGV[3]), ARGV[1])
redis.call('HSET', models, ARGV[1], ARGV[2])
return 'announced'
`;

/** ARGV: consumer id. */
export const withdrawLua = `${announcementsLua}
redis.call('ZREM', consumers, ARGV[1])
redis.call('HDEL', models, ARGV[1])
return 'withdrawn'
`;

/** Returns the models of live consumers as JSON, the longest announced last. */
export const listAnnouncedLua = `${announcementsLua}
local announced = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', consumers, '(' .. nowMs(), '+inf')) do
  announced[#announced + 1] = redis.call('HGET', models, id)
end
return announced
`;
