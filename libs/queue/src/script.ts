import { type Redis } from 'ioredis';
import { callRedis } from './redis-client.js';

type Argument = string | number;

/** Runs one Lua script with the key root as its only key. Its reply is whatever the script returns: parse it. */
export type Script = (...args: Argument[]) => Promise<unknown>;

/**
 * Registers a Lua script with a client, which sends its hash, and its text where Redis does not know it (any more).
 * `action` completes the message of an error, "Redis failed to ...".
 */
export function defineScript(redis: Redis, root: string, script: { action: string; lua: string }): Script {
  const name = `tessera ${script.action}`;
  redis.defineCommand(name, { numberOfKeys: 1, lua: script.lua });
  // The method exists since the line above; the client's type has no way to say so.
  const run = (redis as unknown as Record<string, Script>)[name];
  if (run === undefined) throw new Error(`ioredis did not define the command ${name}`);
  return (...args) => callRedis(script.action, () => run.call(redis, root, ...args));
}
