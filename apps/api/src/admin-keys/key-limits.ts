import { type ApiKeyLimits, type ApiKeyLimitsBody, DEFAULT_WEIGHT, type KeyLimits } from '@tessera/contracts';

/** The field of a record for every field of a body. */
const FIELDS = {
  requests_per_second: 'requestsPerSecond',
  concurrent_requests: 'concurrentRequests',
  queued_jobs: 'queuedJobs',
  open_batches: 'openBatches',
  queued_rows: 'queuedRows',
  stored_bytes: 'storedBytes',
  tokens_per_day: 'tokensPerDay',
  weight: 'weight',
} as const satisfies Record<keyof ApiKeyLimitsBody, keyof KeyLimits>;

/** The limits with what a body changes of them: null lifts one, what is absent stays. */
export function changeLimits(before: KeyLimits, body: ApiKeyLimitsBody = {}): KeyLimits {
  const changes = Object.entries(FIELDS).map(([field, name]) => {
    const given = body[field as keyof typeof FIELDS];
    return [name, given === undefined ? before[name] : given] as const;
  });
  return Object.fromEntries(changes.filter(([, value]) => value !== undefined && value !== null));
}

/** Limits as clients see them. */
export function toLimitsObject(limits: KeyLimits): ApiKeyLimits {
  return {
    requests_per_second: limits.requestsPerSecond ?? null,
    concurrent_requests: limits.concurrentRequests ?? null,
    queued_jobs: limits.queuedJobs ?? null,
    open_batches: limits.openBatches ?? null,
    queued_rows: limits.queuedRows ?? null,
    stored_bytes: limits.storedBytes ?? null,
    tokens_per_day: limits.tokensPerDay ?? null,
    weight: limits.weight ?? DEFAULT_WEIGHT,
  };
}
