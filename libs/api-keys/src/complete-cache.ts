import { type Logger } from '@tessera/observability';
import { type KeyCache } from '@tessera/queue';
import { ApiKeysIncompleteError } from './errors.js';
import { type StoredKeys } from './stored-keys.js';

/** Keeps the cache in Redis like the store. */
export class CompleteCache {
  private filling: Promise<void> | undefined;

  constructor(
    private readonly cache: KeyCache,
    private readonly stored: StoredKeys,
    private readonly logger: Logger,
  ) {}

  /**
   * What `look` finds in a cache that has every key of the store; filled first where Redis was lost or restarted.
   * @throws {ApiKeysIncompleteError} Redis was restarted again meanwhile
   */
  async read<Found extends { kind: string }>(
    look: () => Promise<Found>,
  ): Promise<Exclude<Found, { kind: 'incomplete' }>> {
    const first = await look();
    if (isComplete(first)) return first;
    // Readers that come while it is filled share the work.
    await (this.filling ??= this.fill().finally(() => (this.filling = undefined)));
    const second = await look();
    if (isComplete(second)) return second;
    throw new ApiKeysIncompleteError();
  }

  /** Takes in changes that were written to the store by processes that died before they told Redis. */
  async takeInUnfinished(): Promise<void> {
    for (const id of await this.cache.listChanges()) {
      const record = await this.stored.read(id);
      if (record !== undefined) await this.cache.put([record]);
    }
  }

  private async fill(): Promise<void> {
    const run = await this.cache.serverRun();
    let keyCount = 0;
    for await (const records of this.stored.readAll()) {
      await this.cache.put(records);
      keyCount += records.length;
    }
    await this.cache.markComplete(run);
    this.logger.info({ keyCount }, 'Redis has the API keys of the store again');
  }
}

function isComplete<Found extends { kind: string }>(
  found: Found,
): found is Exclude<Found, { kind: 'incomplete' }> {
  return found.kind !== 'incomplete';
}
