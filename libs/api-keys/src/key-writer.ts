import { randomUUID } from 'node:crypto';
import { type ApiKeyRecord } from '@tessera/contracts';
import { type Logger } from '@tessera/observability';
import { type KeyCache, type KeyChange } from '@tessera/queue';
import { type ApiKeyChange } from './api-keys.js';
import { ApiKeyBusyError, ApiKeyNotFoundError } from './errors.js';
import { type StoredKeys } from './stored-keys.js';

/** Longer than any write to the store takes: two changes of one key must not overwrite one another. */
const LEASE_MS = 20_000;

/** Writes keys: to the store first, then to Redis, which tells every process. */
export class KeyWriter {
  constructor(
    private readonly cache: KeyCache,
    private readonly stored: StoredKeys,
    private readonly logger: Logger,
  ) {}

  async create(record: ApiKeyRecord): Promise<void> {
    const change = await this.begin(record.id);
    try {
      await this.stored.write(record);
      await this.publish(record, change);
    } catch (failure) {
      // Nobody was told of the key, so nobody can ever use it.
      await this.tidyUp(change, () => this.stored.delete(record.id));
      throw failure;
    }
  }

  /** @param apply gives the record as it is to be; the same one where nothing is to change */
  async change(id: string, apply: (before: ApiKeyRecord) => ApiKeyRecord): Promise<ApiKeyChange> {
    const change = await this.begin(id);
    try {
      const before = await this.stored.read(id);
      if (before === undefined) throw new ApiKeyNotFoundError(id);
      const applied = apply(before);
      const after = applied === before ? before : { ...applied, version: before.version + 1 };
      if (after !== before) await this.stored.write(after);
      await this.publish(after, change);
      return { before, after };
    } catch (failure) {
      // A write that failed may have taken effect all the same.
      await this.tidyUp(change, () => this.takeIn(id));
      throw failure;
    }
  }

  private async begin(id: string): Promise<KeyChange> {
    const change = { id, token: randomUUID() };
    if (!(await this.cache.beginChange(change, LEASE_MS))) throw new ApiKeyBusyError(id);
    return change;
  }

  private async publish(record: ApiKeyRecord, change: KeyChange): Promise<void> {
    await this.cache.put([record]);
    if (await this.cache.endChange(change)) return;
    // It took so long that another change may have come in between: what Redis has is the one that counts.
    const known = await this.cache.findById(record.id);
    if (known.kind === 'found') await this.stored.write(known.key.record);
  }

  private async takeIn(id: string): Promise<void> {
    const record = await this.stored.read(id);
    if (record !== undefined) await this.cache.put([record]);
  }

  /** Where this fails too, the change stays noted, and the next change or start of a process takes it up. */
  private async tidyUp(change: KeyChange, tidy: () => Promise<void>): Promise<void> {
    try {
      await tidy();
      await this.cache.endChange(change);
    } catch (err) {
      this.logger.warn({ err, keyId: change.id }, 'a change of an API key was left unfinished');
    }
  }
}
