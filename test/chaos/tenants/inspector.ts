import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { Redis } from 'ioredis';
import { type TenantSystem } from './tenant-system.js';

const ROOT = '{tessera}';

/** Looks into Redis and the folder of the store, beside the system. */
export class Inspector {
  private readonly redis: Redis;

  constructor(private readonly system: TenantSystem) {
    this.redis = new Redis(system.redis.url);
  }

  close(): void {
    this.redis.disconnect();
  }

  /** Jobs that have not ended, and events that nobody has taken up. */
  async countOpen(): Promise<number> {
    const counts = await Promise.all([
      this.redis.zcard(`${ROOT}:jobs:queued`),
      this.redis.zcard(`${ROOT}:jobs:in_progress`),
      this.redis.xlen(`${ROOT}:webhook-outbox`),
    ]);
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** Events that an endpoint is still to be told of. */
  countDue(endpointId: string): Promise<number> {
    return this.redis.zcard(`${ROOT}:webhook-due:${endpointId}`);
  }

  /** Unix milliseconds of the jobs' ends. */
  async endsOf(jobIds: readonly string[]): Promise<Map<string, number>> {
    const pipeline = this.redis.pipeline();
    for (const id of jobIds) pipeline.hget(`${ROOT}:job:${id}`, 'finishedAtMs');
    const replies = (await pipeline.exec()) ?? [];
    return new Map(replies.map(([, endedAtMs], index) => [jobIds[index] ?? '', Number(endedAtMs)]));
  }

  /** Tokens of every day, should midnight have passed. */
  async tokensOf(ownerId: string): Promise<number> {
    const keys = await this.redis.keys(`${ROOT}:tokens:*:${ownerId}`);
    const counts = await Promise.all(keys.map((key) => this.redis.get(key)));
    return counts.reduce((sum, count) => sum + Number(count), 0);
  }

  /**
   * Lets the time go by after which the room that killed uploads had claimed is free again. @returns how many had
   */
  async lapseClaims(): Promise<number> {
    const claims = await this.redis.zrange(`${ROOT}:byte-claims`, '0', '-1');
    for (const claim of claims) await this.redis.zadd(`${ROOT}:byte-claims`, 'XX', '1', claim);
    return claims.length;
  }

  /** Of a file or job (`files/<id>`, `jobs/<id>/images`), as the disk says. */
  async bytesBelow(key: string): Promise<number> {
    const folder = path.join(this.system.storeDirectory, 'objects', key);
    const names = await readdir(folder).catch(() => []);
    const sizes = await Promise.all(
      names
        // The record beside a file's content is not its owner's.
        .filter((name) => name !== 'file.json')
        .map(async (name) => (await stat(path.join(folder, name))).size),
    );
    return sizes.reduce((sum, size) => sum + size, 0);
  }
}
