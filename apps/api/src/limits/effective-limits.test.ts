import { describe, expect, it } from 'vitest';
import { effectiveLimits } from './effective-limits.js';

describe('effectiveLimits', () => {
  it('lets a key’s own limit win, be it higher or lower, and keeps the others', () => {
    const defaults = { queuedJobs: 5, storedBytes: 100, tokensPerDay: 10 };
    expect(effectiveLimits({ queuedJobs: 9, storedBytes: 0, weight: 2 }, defaults)).toEqual({
      queuedJobs: 9,
      storedBytes: 0,
      tokensPerDay: 10,
      weight: 2,
    });
  });
});
