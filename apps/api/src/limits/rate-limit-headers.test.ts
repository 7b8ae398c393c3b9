import { describe, expect, it } from 'vitest';
import { rateLimitHeaders } from './rate-limit-headers.js';

describe('rateLimitHeaders', () => {
  it('says nothing about what is not limited', () => {
    expect(rateLimitHeaders({ concurrency: { limit: 2, underWay: 1 } })).toEqual({});
  });

  it('names limit, rest and time of requests and tokens', () => {
    const rate = { limit: 10, remaining: 7, waitMs: 0, resetMs: 300 };
    const tokens = { limit: 1000, used: 400, resetMs: 3_600_000 };
    expect(rateLimitHeaders({ rate, tokens })).toEqual({
      'x-ratelimit-limit-requests': '10',
      'x-ratelimit-remaining-requests': '7',
      'x-ratelimit-reset-requests': '300ms',
      'x-ratelimit-limit-tokens': '1000',
      'x-ratelimit-remaining-tokens': '600',
      'x-ratelimit-reset-tokens': '1h0m0s',
    });
  });

  it('has no negative rest where the last answers took more than was left', () => {
    const headers = rateLimitHeaders({ tokens: { limit: 10, used: 25, resetMs: 1 } });
    expect(headers['x-ratelimit-remaining-tokens']).toBe('0');
  });
});
