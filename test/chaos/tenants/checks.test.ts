import { describe, expect, it } from 'vitest';
import { checkConcurrency } from './check-concurrency.js';
import { checkRate } from './check-rate.js';
import { checkSamples } from './check-samples.js';
import { checkTokens } from './check-tokens.js';
import { type SentRequest } from './ledger.js';
import { type Sample } from './sampler.js';

type Times = Pick<SentRequest, 'sentAtMs' | 'endedAtMs'> & Partial<SentRequest>;

const answered = (times: Times, status = 200, code?: string): SentRequest => ({
  replica: 'api-1',
  makesWork: true,
  end: { kind: 'answered', status, code },
  ...times,
});
const at = (sentAtMs: number, endedAtMs = sentAtMs + 10) => ({ sentAtMs, endedAtMs });
const stream = (openedAtMs: number, endedAtMs: number): SentRequest =>
  answered({ sentAtMs: openedAtMs - 5, openedAtMs, endedAtMs });

describe('the check of requests at a time', () => {
  const refused = (times: Times) => answered(times, 429, 'too_many_concurrent_requests');

  it('counts what was open together, and not what a kill has ended or came one after the other', () => {
    const kills = [{ member: 'api-1', atMs: 150, goneAtMs: 151 } as const];
    const requests = [stream(100, 300), stream(120, 200), stream(160, 300)];
    expect(checkConcurrency(requests, [], 2).mostOpen).toBe(3);
    expect(checkConcurrency(requests, kills, 2).mostOpen).toBe(2);
    expect(checkConcurrency([stream(100, 200), stream(200, 300)], [], 1).mostOpen).toBe(1);
  });

  it('takes refusals for unneeded where too few leases can have been there', () => {
    const requests = [stream(1_000, 2_000), refused(at(1_500)), refused(at(2_900)), refused(at(3_100))];
    expect(checkConcurrency(requests, [], 1).unexplained).toEqual([
      'at 3100, when 0 leases can have been there',
    ]);
    expect(checkConcurrency(requests, [], 2).unexplained).toHaveLength(3);
  });

  it('lets the leases of a killed replica explain refusals for fifteen seconds, and no longer', () => {
    const kills = [{ member: 'api-1', atMs: 1_500, goneAtMs: 1_500 } as const];
    const requests = [stream(1_000, 1_501), refused(at(16_000)), refused(at(18_000))];
    expect(checkConcurrency(requests, kills, 1).unexplained).toEqual([
      'at 18000, when 0 leases can have been there',
    ]);
    const other = [{ member: 'api-2', atMs: 1_500, goneAtMs: 1_500 } as const];
    expect(checkConcurrency(requests, other, 1).unexplained).toHaveLength(2);
  });

  it('takes the longest time with refusals and nobody let in, anew from every kill of a replica', () => {
    const requests = [answered(at(0)), answered(at(9_000)), refused(at(10_000)), answered(at(12_990))];
    expect(checkConcurrency(requests, [], 1).longestLockoutMs).toBe(1_000);
    const killed = (member: 'api-1' | 'worker') => [{ member, atMs: 9_500, goneAtMs: 9_510 }];
    expect(checkConcurrency(requests, killed('api-1'), 1).longestLockoutMs).toBe(500);
    expect(checkConcurrency(requests, killed('worker'), 1).longestLockoutMs).toBe(1_000);
  });
});

describe('the check of requests a second', () => {
  it('finds more than as many at once and as many a second', () => {
    const sent = (count: number, everyMs: number) =>
      Array.from({ length: count }, (_, index) => answered(at(index * everyMs)));
    expect(checkRate(sent(15, 100), 5).exceeded[0]).toBe('15 within 1410 ms, where 12.05 may be');
    expect(checkRate(sent(6, 0), 5).exceeded).toHaveLength(6);
    expect(checkRate(sent(50, 200), 5).exceeded).toEqual([]);
    const refused = sent(50, 1).map((request) => ({
      ...request,
      end: { kind: 'answered', status: 429, code: 'rate_limit_exceeded' } as const,
    }));
    expect(checkRate(refused, 5)).toEqual({ refusedCount: 50, largestShare: 0, exceeded: [] });
  });
});

const sample = (times: { fromMs: number; atMs: number }, facts: Partial<Sample> = {}): Sample => ({
  countedQueued: 0,
  queued: 0,
  returned: 0,
  leases: 0,
  storedBytes: 0,
  storedEntriesBytes: 0,
  tokens: 0,
  strays: 0,
  ...times,
  ...facts,
});

describe('the check of tokens', () => {
  const usedUp = [{ limit: 100, seenAtMs: 1_000, raiseSentAtMs: 3_000, raisedAtMs: 3_100, nextLimit: 200 }];
  const samples = [
    sample({ fromMs: 990, atMs: 1_000 }, { tokens: 104 }),
    sample({ fromMs: 9_000, atMs: 9_010 }, { tokens: 190 }),
    sample({ fromMs: 10_000, atMs: 10_010 }, { tokens: 200 }),
  ];
  const refused = (times: Times) => answered(times, 429, 'insufficient_quota');

  it('finds jobs that were accepted without tokens', () => {
    const check = checkTokens([answered(at(995)), answered(at(1_001)), answered(at(2_995))], samples, usedUp);
    expect(check.acceptedWithout).toEqual(['at 1001, 1 ms after all 100 were used']);
    expect(check.mostBeyond).toBe(4);
  });

  it('finds refusals while there certainly were tokens, once the change counts everywhere', () => {
    const requests = [refused(at(2_000)), refused(at(4_000)), refused(at(7_000)), refused(at(9_500))];
    expect(checkTokens(requests, samples, usedUp)).toMatchObject({
      refusedCount: 4,
      refusedWith: ['at 7000, 1400 ms too late'],
    });
  });
});

describe('the check of looks into Redis', () => {
  const limits = {
    concurrentRequests: 1,
    queuedJobs: 1,
    requestsPerSecond: 1,
    storedBytes: 1,
    tokensPerDay: 1,
  };
  const none = { streams: [], queue: [], storage: [], tokens: [] };
  const looked = (facts: Partial<Sample>) => [sample({ fromMs: 0, atMs: 1 }, facts)];

  it('finds a limit that was passed, and lets jobs that came back pass it', () => {
    const wrong = (samples: Partial<typeof none>) => checkSamples({ ...none, ...samples }, limits).wrong;
    expect(wrong({ streams: looked({ leases: 2 }) as [] })).toEqual([
      'streams: 2 requests at a time, where 1 may be',
    ]);
    expect(wrong({ queue: looked({ queued: 2, countedQueued: 2 }) as [] })).toHaveLength(1);
    expect(wrong({ queue: looked({ queued: 2, countedQueued: 2, returned: 1 }) as [] })).toEqual([]);
    expect(wrong({ storage: looked({ storedBytes: 2, storedEntriesBytes: 2 }) as [] })).toHaveLength(1);
  });

  it('finds counts that are not what exists, whoever’s', () => {
    const samples = looked({ queued: 1, storedBytes: 1, strays: 1 });
    expect(checkSamples({ ...none, tokens: samples }, limits).wrong).toHaveLength(3);
  });
});
