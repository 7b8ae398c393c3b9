import { type KeyLimits } from '@tessera/contracts';

/** A request that asks to be let through. */
export interface AdmissionRequest {
  readonly ownerId: string;
  readonly limits: KeyLimits;
  /** It makes work that takes tokens: refused once those of the day are used up. */
  readonly makesWork: boolean;
}

/** Requests a second: as many may come at once, and they come back one by one within a second. */
export interface RequestRate {
  readonly limit: number;
  readonly remaining: number;
  /** Until one may come. */
  readonly waitMs: number;
  /** Until all may come at once. */
  readonly resetMs: number;
}

export interface TokenBudget {
  readonly limit: number;
  readonly used: number;
  /** Until midnight UTC. */
  readonly resetMs: number;
}

/** How an owner stands, of what is limited. */
export interface RequestStanding {
  readonly rate?: RequestRate;
  readonly concurrency?: { readonly limit: number; readonly underWay: number };
  readonly tokens?: TokenBudget;
}

/** What came of a request; a refused one has taken nothing. */
export type Admission =
  | { readonly kind: 'admitted'; readonly standing: RequestStanding; readonly release: () => void }
  | { readonly kind: 'too_many_requests'; readonly standing: RequestStanding; readonly rate: RequestRate }
  | {
      readonly kind: 'too_many_at_a_time';
      readonly standing: RequestStanding;
      readonly concurrency: NonNullable<RequestStanding['concurrency']>;
    }
  | { readonly kind: 'tokens_used_up'; readonly standing: RequestStanding; readonly tokens: TokenBudget };

/** What an owner takes of the installation now; rows of batches are counted by the batch store. */
export interface OwnerUsage {
  /** Of the requests that may come at once; 0 where they are not limited. */
  readonly requestsThisSecond: number;
  /** Not counted, and 0, where they are not limited. */
  readonly concurrentRequests: number;
  readonly tokensToday: number;
  readonly msUntilMidnight: number;
  readonly queuedJobs: number;
  readonly storedBytes: number;
}

/** Limits of owners, the same for all processes that share a Redis. */
export interface LimitStore {
  /** One round trip for everything that a request is held to; none where nothing is limited. */
  admit(request: AdmissionRequest): Promise<Admission>;
  usageOf(ownerId: string, limits: KeyLimits): Promise<OwnerUsage>;
  ping(): Promise<void>;
  close(): Promise<void>;
}
