import { describe, expect, it } from 'vitest';
import { changeLimits, toLimitsObject } from './key-limits.js';

describe('changeLimits', () => {
  it('sets what is given, lifts what is null and leaves the rest', () => {
    const before = { queuedJobs: 5, storedBytes: 10, weight: 2 };
    expect(changeLimits(before, { queued_jobs: 0, stored_bytes: null, tokens_per_day: 7 })).toEqual({
      queuedJobs: 0,
      tokensPerDay: 7,
      weight: 2,
    });
    expect(changeLimits(before)).toEqual(before);
  });
});

describe('toLimitsObject', () => {
  it('shows what is not limited as null, and the weight of a key that has none', () => {
    expect(toLimitsObject({ requestsPerSecond: 0.5 })).toEqual({
      requests_per_second: 0.5,
      concurrent_requests: null,
      queued_jobs: null,
      open_batches: null,
      queued_rows: null,
      stored_bytes: null,
      tokens_per_day: null,
      weight: 1,
    });
  });
});
