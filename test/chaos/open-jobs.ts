import { Redis } from 'ioredis';

const LOOK_MS = 200;

/** How many jobs have not ended, read from Redis again and again; while that is away, as it was last. */
export class OpenJobs {
  count = 0;
  private readonly timer: NodeJS.Timeout;

  private constructor(private readonly redis: Redis) {
    this.timer = setInterval(() => void this.look(), LOOK_MS);
  }

  static watch(url: string): OpenJobs {
    const redis = new Redis(url, { enableOfflineQueue: false, retryStrategy: () => LOOK_MS });
    // It comes and goes: that is what the drill is about.
    redis.on('error', () => undefined);
    return new OpenJobs(redis);
  }

  close(): void {
    clearInterval(this.timer);
    this.redis.disconnect();
  }

  private async look(): Promise<void> {
    try {
      const [queued, running] = await Promise.all([
        this.redis.zcard('{tessera}:jobs:queued'),
        this.redis.zcard('{tessera}:jobs:in_progress'),
      ]);
      this.count = queued + running;
    } catch {
      // Looked at again soon.
    }
  }
}
