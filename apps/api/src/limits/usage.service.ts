import { Inject, Injectable } from '@nestjs/common';
import { ApiKeyNotFoundError, isKeyId } from '@tessera/api-keys';
import { type Config } from '@tessera/config';
import { type Caller, type LimitUsage, type OwnerUsageObject } from '@tessera/contracts';
import { type BatchStore, type LimitStore } from '@tessera/queue';
import { KeyDirectory } from '../admin-keys/key-directory.js';
import { BATCH_STORE, CONFIG, LIMIT_STORE } from '../tokens.js';
import { effectiveLimits } from './effective-limits.js';

/** Tells what owners take of the installation. */
@Injectable()
export class UsageService {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LIMIT_STORE) private readonly limitStore: LimitStore,
    @Inject(BATCH_STORE) private readonly batchStore: BatchStore,
    @Inject(KeyDirectory) private readonly directory: KeyDirectory,
  ) {}

  /** Beside the limits of the key, and those of the installation where it has none. @throws {ApiKeyNotFoundError} */
  async ofKey(keyId: string): Promise<OwnerUsageObject> {
    const { keys } = this.directory;
    const known = isKeyId(keyId) ? await keys.find(keyId) : undefined;
    if (known === undefined) throw new ApiKeyNotFoundError(keyId);
    const { ownerId, limits } = known.record;
    return this.of({ ownerId, limits: effectiveLimits({ ownerId, limits }, this.config) });
  }

  async of({ ownerId, limits }: Pick<Caller, 'ownerId' | 'limits'>): Promise<OwnerUsageObject> {
    const [usage, load] = await Promise.all([
      this.limitStore.usageOf(ownerId, limits),
      this.batchStore.loadOf(ownerId),
    ]);
    return {
      object: 'usage',
      owner: ownerId,
      requests_per_second: beside(limits.requestsPerSecond, usage.requestsThisSecond),
      concurrent_requests: beside(limits.concurrentRequests, usage.concurrentRequests),
      queued_jobs: beside(limits.queuedJobs, usage.queuedJobs),
      open_batches: beside(limits.openBatches, load.openBatches),
      queued_rows: beside(limits.queuedRows, load.queuedRows),
      stored_bytes: beside(limits.storedBytes, usage.storedBytes),
      tokens_per_day: {
        ...beside(limits.tokensPerDay, usage.tokensToday),
        resets_at: Math.round((Date.now() + usage.msUntilMidnight) / 1000),
      },
    };
  }
}

function beside(limit: number | undefined, used: number): LimitUsage {
  return { limit: limit ?? null, used };
}
