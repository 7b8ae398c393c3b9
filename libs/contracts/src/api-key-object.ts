import type { Scope } from './api-key.js';

/** Limits of a key as clients see them; null is unlimited. */
export interface ApiKeyLimits {
  requests_per_second: number | null;
  concurrent_requests: number | null;
  queued_jobs: number | null;
  open_batches: number | null;
  queued_rows: number | null;
  stored_bytes: number | null;
  tokens_per_day: number | null;
  weight: number;
}

/** The public object of `/v1/admin/keys`. Times are Unix seconds. */
export interface ApiKeyObject {
  id: string;
  object: 'api_key';
  name: string;
  /** First characters of the key. */
  prefix: string;
  scopes: readonly Scope[];
  created_at: number;
  expires_at: number | null;
  /** To the minute or so. */
  last_used_at: number | null;
  revoked_at: number | null;
  limits: ApiKeyLimits;
  /** Whose data it shares; its own id where it has data of its own. */
  owner: string;
}

/** The answer to the creation: the only one with the key itself. */
export interface CreatedApiKey extends ApiKeyObject {
  key: string;
}
