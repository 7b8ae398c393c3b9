import { Redis } from 'ioredis';

export interface RedisWatch {
  /** Resolves when Redis has been asked for this job's record since the watch began. */
  jobWasRead(id: string): Promise<void>;
  close(): void;
}

/** Watches the commands that reach Redis: shows that a request has come as far as waiting for its job. */
export async function watchRedis(url: string): Promise<RedisWatch> {
  const redis = new Redis(url, { retryStrategy: () => null });
  const monitor = await redis.monitor();
  const seen: string[][] = [];
  let notify: () => void = () => undefined;
  monitor.on('monitor', (_time: string, command: string[], source: string) => {
    // What a script reads is not what its caller has read.
    if (source !== 'lua') seen.push(command);
    notify();
  });
  return {
    jobWasRead: async (id) => {
      const isRead = ([name, key]: string[]) =>
        name?.toLowerCase() === 'hgetall' && key?.endsWith(id) === true;
      while (!seen.some(isRead)) await new Promise<void>((resolve) => (notify = resolve));
    },
    close: () => {
      monitor.disconnect();
      redis.disconnect();
    },
  };
}
