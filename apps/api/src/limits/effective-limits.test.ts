import { ADMIN_OWNER_ID, type KeyLimits } from '@tessera/contracts';
import { describe, expect, it } from 'vitest';
import { effectiveLimits } from './effective-limits.js';

const jobs = { maxWaiting: 101 };
const of = (limits: KeyLimits, defaults: KeyLimits, ownerId = 'key_1') =>
  effectiveLimits({ ownerId, limits }, { limits: defaults, jobs });

describe('effectiveLimits', () => {
  it('lets a key’s own limit win, be it higher or lower, and keeps the others', () => {
    const defaults = { queuedJobs: 5, storedBytes: 100, tokensPerDay: 10 };
    expect(of({ queuedJobs: 9, storedBytes: 0, weight: 2 }, defaults)).toEqual({
      queuedJobs: 9,
      storedBytes: 0,
      tokensPerDay: 10,
      weight: 2,
    });
  });

  it('leaves an owner half of the queue, unless it is the administrator or somebody has said otherwise', () => {
    expect(of({}, {})).toEqual({ queuedJobs: 51 });
    expect(of({}, {}, ADMIN_OWNER_ID)).toEqual({});
    expect(of({}, { queuedJobs: 90 })).toEqual({ queuedJobs: 90 });
    expect(of({ queuedJobs: 100 }, { queuedJobs: 90 })).toEqual({ queuedJobs: 100 });
  });
});
