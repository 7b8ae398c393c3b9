import { type Logger } from '@tessera/observability';
import { Redis } from 'ioredis';
import { type QueueConnection } from './connection.js';
import { RedisUnavailableError } from './errors.js';

const CONNECT_TIMEOUT_MS = 5_000;
const COMMAND_TIMEOUT_MS = 5_000;
/** Idle time after which TCP probes whether the other end is still there. */
const KEEP_ALIVE_MS = 10_000;
const PING_TIMEOUT_MS = 2_000;
const FIRST_RECONNECT_MS = 50;
const LONGEST_RECONNECT_MS = 1_000;

/**
 * `fail-fast` clients reject commands at once while Redis is away, since somebody waits for the answer. `patient` ones
 * keep them until Redis is back. Both reconnect for ever.
 */
export type Patience = 'fail-fast' | 'patient';

/** First part of every key of the connection. The braces put all of them into one slot of a Redis Cluster. */
export function keyRootOf({ prefix }: QueueConnection): string {
  return `{${prefix}}`;
}

/**
 * Connects to Redis.
 * @throws {RedisUnavailableError} when it cannot be reached now
 */
export async function connectRedis(
  connection: QueueConnection,
  patience: Patience,
  logger: Logger,
): Promise<Redis> {
  const redis = new Redis(connection.url, optionsOf(patience));
  logConnectionLosses(redis, logger);
  try {
    await redis.connect();
  } catch (cause) {
    redis.disconnect();
    throw new RedisUnavailableError('connect', cause);
  }
  return redis;
}

function optionsOf(patience: Patience) {
  return {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    keepAlive: KEEP_ALIVE_MS,
    // Subscriptions are renewed by their owner, who hears of it when that fails; ioredis would not say.
    autoResubscribe: false,
    retryStrategy: (attempt: number) =>
      Math.min(FIRST_RECONNECT_MS * 2 ** Math.min(attempt, 10), LONGEST_RECONNECT_MS),
    ...(patience === 'patient'
      ? { maxRetriesPerRequest: null }
      : { maxRetriesPerRequest: 1, enableOfflineQueue: false, commandTimeout: COMMAND_TIMEOUT_MS }),
  };
}

/** One line per outage, not one per attempt to reconnect. */
function logConnectionLosses(redis: Redis, logger: Logger): void {
  let isLost = false;
  redis.on('error', (err: Error) => {
    if (!isLost) logger.warn({ err }, 'the connection to Redis failed');
    isLost = true;
  });
  redis.on('ready', () => {
    if (isLost) logger.info('the connection to Redis is back');
    isLost = false;
  });
}

/**
 * Whether Redis answers, asked so that even a patient client says no in bounded time.
 * @throws {RedisUnavailableError}
 */
export async function pingRedis(redis: Redis): Promise<void> {
  if (redis.status !== 'ready')
    throw new RedisUnavailableError('answer a ping', `connection is ${redis.status}`);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${PING_TIMEOUT_MS} ms`)), PING_TIMEOUT_MS);
  });
  try {
    await callRedis('answer a ping', () => Promise.race([redis.ping(), late]));
  } finally {
    clearTimeout(timer);
  }
}

/** Turns any failure of a Redis command into {@link RedisUnavailableError}. */
export async function callRedis<T>(action: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    throw new RedisUnavailableError(action, cause);
  }
}
