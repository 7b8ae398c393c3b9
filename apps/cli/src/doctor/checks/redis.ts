import { checkRedis, findRedisServer, RedisUnusableError } from '@tessera/redis-server';
import { type Check, type CheckResult } from '../check.js';

/** The Redis of REDIS_URL, or without one the server that `tessera up` starts. */
export const redisCheck: Check = {
  name: 'redis',
  run: ({ config }) =>
    config.redis.url === undefined
      ? checkServerBinary(config.data.directory)
      : checkExternalRedis(config.redis.url),
};

async function checkServerBinary(dataDirectory: string): Promise<CheckResult> {
  const binary = await findRedisServer({ dataDirectory });
  if (binary === undefined) {
    const remedy = "tessera up installs one with the system's package manager; or set REDIS_URL";
    return {
      status: 'warning',
      summary: 'no redis-server 6.2 or newer found',
      remedy,
      facts: { found: false },
    };
  }
  const { command, product, version } = binary;
  return {
    status: 'ok',
    summary: `tessera up starts a private ${product} ${version} (${command}); REDIS_URL is not set`,
    facts: { found: true, command, product, version },
  };
}

async function checkExternalRedis(url: string): Promise<CheckResult> {
  try {
    const { place, version, warnings, isAppendOnly } = await checkRedis(url);
    const problems = isAppendOnly
      ? warnings
      : [
          ...warnings,
          'it keeps no append-only file: what was accepted is lost when it ends; set appendonly yes',
        ];
    const facts = { place, version, append_only: isAppendOnly, warnings };
    const summary = `Redis ${version} at ${place} answers`;
    if (problems.length === 0) return { status: 'ok', summary, facts };
    return { status: 'warning', summary, remedy: problems.join('; '), facts };
  } catch (error) {
    if (!(error instanceof RedisUnusableError)) throw error;
    return {
      status: 'broken',
      summary: error.message,
      remedy: 'start it or correct REDIS_URL; without REDIS_URL tessera up starts a private one',
      facts: { reachable: false },
    };
  }
}
