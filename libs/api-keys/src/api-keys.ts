import type { ApiKeyRecord, KeyLimits, Scope } from '@tessera/contracts';
import type { KeyQuery, KnownKey } from '@tessera/queue';

/** What a new key is made with. */
export interface NewApiKey {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly limits: KeyLimits;
  readonly expiresAtMs?: number;
  /** Whose data it shares; absent: it has data of its own. */
  readonly ownerId?: string;
}

/** What may change of a key. */
export type ApiKeyTerms = Pick<ApiKeyRecord, 'name' | 'scopes' | 'limits'>;

export interface ApiKeyChange {
  readonly before: ApiKeyRecord;
  readonly after: ApiKeyRecord;
}

/** What a key that somebody sent is worth. Only who has the whole key hears that it is expired or revoked. */
export type KeyVerdict =
  | { readonly kind: 'valid'; readonly record: ApiKeyRecord }
  | { readonly kind: 'expired'; readonly expiresAtMs: number }
  | { readonly kind: 'revoked'; readonly revokedAtMs: number }
  | { readonly kind: 'unknown' };

/**
 * API keys. What was acknowledged is in the store; every process hears of a change within seconds. Every method rejects
 * with `service_unavailable` while Redis or the store is away and it cannot do without: no key is called unknown then.
 */
export interface ApiKeys {
  check(key: string): Promise<KeyVerdict>;
  /** The key itself is given here and never again. */
  create(terms: NewApiKey): Promise<{ readonly record: ApiKeyRecord; readonly key: string }>;
  /** Undefined for an unknown one. */
  find(id: string): Promise<KnownKey | undefined>;
  /** Newest first, with those that are revoked or have expired. @throws {UnknownCursorError} */
  list(query: KeyQuery): Promise<{ readonly keys: readonly KnownKey[]; readonly hasMore: boolean }>;
  /** @throws {ApiKeyNotFoundError | ApiKeyRevokedError | ApiKeyBusyError} */
  update(id: string, change: (before: ApiKeyRecord) => ApiKeyTerms): Promise<ApiKeyChange>;
  /** Revoking again changes nothing. @throws {ApiKeyNotFoundError | ApiKeyBusyError} */
  revoke(id: string): Promise<ApiKeyChange>;
  close(): Promise<void>;
}
