import { type Config, DEFAULT_REDIS_URL } from '@tessera/config';
import { type QueueConnection } from '@tessera/queue';

/** The Redis and key prefix that the configuration names. */
export function toQueueConnection({ redis }: Config): QueueConnection {
  return { url: redis.url ?? DEFAULT_REDIS_URL, prefix: redis.prefix };
}
