/** How much of a limit is taken; a limit of null is none. */
export interface LimitUsage {
  limit: number | null;
  used: number;
}

/** The public object of `/v1/usage`: what an owner takes of the installation now, beside what its key may. */
export interface OwnerUsageObject {
  object: 'usage';
  /** Whose it is: keys that share data share it. */
  owner: string;
  /** Of the requests that may come at once; 0 without a limit. */
  requests_per_second: LimitUsage;
  /** 0 without a limit. */
  concurrent_requests: LimitUsage;
  queued_jobs: LimitUsage;
  open_batches: LimitUsage;
  queued_rows: LimitUsage;
  stored_bytes: LimitUsage;
  /** Since midnight UTC, and begins anew at `resets_at`, in Unix seconds. */
  tokens_per_day: LimitUsage & { resets_at: number };
}
