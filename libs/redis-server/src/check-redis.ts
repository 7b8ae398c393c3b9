import { Redis } from 'ioredis';
import { RedisUnusableError } from './errors.js';
import { isSupportedVersion, MINIMUM_VERSION } from './version.js';

const CONNECT_TIMEOUT_MS = 5_000;

/** A server somebody else runs, and what about it could lose jobs. */
export interface RedisCheck {
  /** Host and port, without a password. */
  readonly place: string;
  readonly version: string;
  /** Whether it keeps an append-only file, without which what it holds is lost when it ends. */
  readonly isAppendOnly: boolean;
  readonly warnings: readonly string[];
}

/** Makes sure that the Redis at `url` answers and is new enough. @throws RedisUnusableError */
export async function checkRedis(url: string): Promise<RedisCheck> {
  const place = new URL(url).host;
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    retryStrategy: () => null,
  });
  // The command that fails says only that the connection is closed; why is in the event.
  let cause: unknown;
  client.on('error', (error) => (cause = error));
  try {
    const information = await client.info('server', 'memory', 'persistence');
    const version = fieldOf(information, 'redis_version');
    if (version === undefined || !isSupportedVersion(version)) {
      throw new RedisUnusableError(
        place,
        `it is version ${version ?? 'unknown'}, and ${MINIMUM_VERSION.join('.')} is needed`,
      );
    }
    const isAppendOnly = fieldOf(information, 'aof_enabled') === '1';
    const warnings = warningsOf(place, fieldOf(information, 'maxmemory_policy'));
    return { place, version, isAppendOnly, warnings };
  } catch (error) {
    if (error instanceof RedisUnusableError) throw error;
    const reason = cause ?? error;
    throw new RedisUnusableError(place, reason instanceof Error ? reason.message : String(reason), {
      cause: reason,
    });
  } finally {
    client.disconnect();
  }
}

function fieldOf(information: string, name: string): string | undefined {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(information)?.[1];
}

function warningsOf(place: string, policy: string | undefined): string[] {
  if (policy === 'noeviction') return [];
  return [
    `the Redis at ${place} has maxmemory-policy ${policy ?? 'unknown'}: when its memory is full, jobs vanish; ` +
      'set it to noeviction',
  ];
}
