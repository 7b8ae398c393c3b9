import { type ApiKeyRecord } from '@tessera/contracts';
import { type Logger } from '@tessera/observability';
import { type KeyCache, openKeyCache, type QueueConnection } from '@tessera/queue';
import { type ObjectStore } from '@tessera/storage';
import { type ApiKeys, type KeyVerdict, type NewApiKey } from './api-keys.js';
import { CompleteCache } from './complete-cache.js';
import { ApiKeyRevokedError } from './errors.js';
import { KeyMemory } from './key-memory.js';
import { areSameHashes, hashKey, isKey, newKey, newKeyId, prefixOf } from './key-text.js';
import { KeyWriter } from './key-writer.js';
import { LastUses } from './last-uses.js';
import { StoredKeys } from './stored-keys.js';

export interface ApiKeysOptions {
  readonly connection: QueueConnection;
  readonly objectStore: ObjectStore;
  readonly logger: Logger;
  /** Unix ms; absent: the clock of this machine. */
  readonly now?: () => number;
}

/** @throws {RedisUnavailableError} when Redis cannot be reached now */
export async function openApiKeys(options: ApiKeysOptions): Promise<ApiKeys> {
  const { connection, objectStore, logger, now = Date.now } = options;
  const memory = new KeyMemory(now);
  const cache = await openKeyCache({ connection, logger, onNews: () => memory.forgetAll() });
  const stored = new StoredKeys(objectStore, logger);
  const complete = new CompleteCache(cache, stored, logger);
  try {
    await complete.takeInUnfinished();
  } catch (err) {
    // Without the store nothing can be changed, but keys that Redis knows still work.
    logger.warn({ err }, 'unfinished changes of API keys were not looked for');
  }
  const check = new KeyCheck({ cache, complete, memory, uses: new LastUses(cache, logger), now });
  return {
    check: (key) => check.check(key),
    ...defineReads(cache, complete),
    ...defineWrites(new KeyWriter(cache, stored, logger), now),
    close: () => cache.close(),
  };
}

interface KeyCheckParts {
  readonly cache: KeyCache;
  readonly complete: CompleteCache;
  readonly memory: KeyMemory;
  readonly uses: LastUses;
  readonly now: () => number;
}

class KeyCheck {
  constructor(private readonly parts: KeyCheckParts) {}

  async check(key: string): Promise<KeyVerdict> {
    if (!isKey(key)) return { kind: 'unknown' };
    const hash = hashKey(key);
    const record = await this.parts.memory.find(hash, () => this.lookUp(hash));
    if (record === undefined || !areSameHashes(record.hash, hash)) return { kind: 'unknown' };
    const { expiresAtMs, revokedAtMs } = record;
    const nowMs = this.parts.now();
    if (revokedAtMs !== undefined) return { kind: 'revoked', revokedAtMs };
    if (expiresAtMs !== undefined && expiresAtMs <= nowMs) return { kind: 'expired', expiresAtMs };
    this.parts.uses.note(record.id, nowMs);
    return { kind: 'valid', record };
  }

  private async lookUp(hash: string): Promise<ApiKeyRecord | undefined> {
    const { cache, complete } = this.parts;
    const found = await complete.read(() => cache.findByHash(hash));
    return found.kind === 'found' ? found.key.record : undefined;
  }
}

function defineReads(cache: KeyCache, complete: CompleteCache): Pick<ApiKeys, 'find' | 'list'> {
  return {
    find: async (id) => {
      const found = await complete.read(() => cache.findById(id));
      return found.kind === 'found' ? found.key : undefined;
    },
    list: (query) => complete.read(() => cache.list(query)),
  };
}

function defineWrites(writer: KeyWriter, now: () => number): Pick<ApiKeys, 'create' | 'update' | 'revoke'> {
  return {
    create: async (terms) => {
      const key = newKey();
      const record = toRecord(terms, key, now());
      await writer.create(record);
      return { record, key };
    },
    update: (id, change) =>
      writer.change(id, (before) => {
        if (before.revokedAtMs !== undefined) throw new ApiKeyRevokedError(id);
        return { ...before, ...change(before) };
      }),
    revoke: (id) =>
      writer.change(id, (before) =>
        before.revokedAtMs === undefined ? { ...before, revokedAtMs: now() } : before,
      ),
  };
}

function toRecord({ ownerId, ...terms }: NewApiKey, key: string, createdAtMs: number): ApiKeyRecord {
  const id = newKeyId();
  return {
    ...terms,
    id,
    ownerId: ownerId ?? id,
    prefix: prefixOf(key),
    hash: hashKey(key),
    createdAtMs,
    version: 1,
  };
}
