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
