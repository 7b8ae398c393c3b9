import type { ApiKeyRecord } from '@tessera/contracts';

/** A key with what only Redis knows of it. */
export interface KnownKey {
  readonly record: ApiKeyRecord;
  /** Unix ms; absent: not used, or Redis was lost since. */
  readonly lastUsedAtMs?: number;
}

/** `incomplete`: Redis was lost or restarted, and the cache has to be made again from the store. */
export type KeyLookup =
  | { readonly kind: 'found'; readonly key: KnownKey }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'incomplete' };

export type KeyPage =
  | { readonly kind: 'page'; readonly keys: KnownKey[]; readonly hasMore: boolean }
  | { readonly kind: 'incomplete' };

export interface KeyQuery {
  readonly limit: number;
  /** Id of the last key already seen. */
  readonly after?: string;
}

/** The right to change a key, for as long as its lease lasts. */
export interface KeyChange {
  readonly id: string;
  readonly token: string;
}

/** API keys in Redis. A cache: the store has the truth, and `libs/api-keys` keeps them alike. */
export interface KeyCache {
  findByHash(hash: string): Promise<KeyLookup>;
  findById(id: string): Promise<KeyLookup>;
  /** Newest first. @throws {UnknownCursorError} */
  list(query: KeyQuery): Promise<KeyPage>;
  /** False while another change of the key is under way. */
  beginChange(change: KeyChange, leaseMs: number): Promise<boolean>;
  /** False where the lease was over and somebody else has taken it since. */
  endChange(change: KeyChange): Promise<boolean>;
  /** Ids of changes that have begun and not ended, though their process may be dead. */
  listChanges(): Promise<string[]>;
  /** Takes records in, unless the cache has a newer version, and tells every process of those that are new to it. */
  put(records: readonly ApiKeyRecord[]): Promise<void>;
  /** Names this run of the Redis server, which is another one after a restart. */
  serverRun(): Promise<string>;
  /** From now on the cache counts as complete, unless the server is no longer on the run given. */
  markComplete(serverRun: string): Promise<void>;
  noteUse(id: string, atMs: number): Promise<void>;
  close(): Promise<void>;
}
