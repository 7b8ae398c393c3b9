/** What an API key may be used for. */
export const SCOPES = ['jobs', 'batches', 'files', 'webhooks', 'datasets', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** Owner of what the administrator's key makes, and of what is made while nobody is asked for a key. */
export const ADMIN_OWNER_ID = 'admin';

/** Share of the workers of a key that does not say. */
export const DEFAULT_WEIGHT = 1;

/** What one owner may take of the installation; what is absent is unlimited. */
export interface KeyLimits {
  readonly requestsPerSecond?: number;
  readonly concurrentRequests?: number;
  /** Jobs that have not begun. */
  readonly queuedJobs?: number;
  /** Batches that have not ended. */
  readonly openBatches?: number;
  /** Rows of batches that are not done. */
  readonly queuedRows?: number;
  /** Of files and images of jobs. */
  readonly storedBytes?: number;
  /** Prompt and answer together, per UTC day. */
  readonly tokensPerDay?: number;
  /** Share of the workers in proportion to other owners'; absent: {@link DEFAULT_WEIGHT}. */
  readonly weight?: number;
}

/** Who sent a request. */
export interface Caller {
  /** `admin` where it is the administrator's key, or nobody is asked for one. */
  readonly keyId: string;
  /** Whose objects it makes and sees. */
  readonly ownerId: string;
  readonly scopes: readonly Scope[];
  readonly limits: KeyLimits;
}

/** A key as the store and Redis keep it: never the key itself. Times are Unix milliseconds. */
export interface ApiKeyRecord {
  readonly id: string;
  /** Whose objects it makes and sees: its own id, or that of the key whose data it shares. */
  readonly ownerId: string;
  readonly name: string;
  /** First characters of the key, by which people tell keys apart. */
  readonly prefix: string;
  /** SHA-256 of the key, in hex. */
  readonly hash: string;
  readonly scopes: readonly Scope[];
  readonly limits: KeyLimits;
  readonly createdAtMs: number;
  /** Absent: it never expires. */
  readonly expiresAtMs?: number;
  readonly revokedAtMs?: number;
  /** Grows with every change, so that an older copy never replaces a newer one. */
  readonly version: number;
}
