import { describe, expect, it } from 'vitest';
import { retryDelayMs, RetryLaterError, withJitter } from './retry.js';

describe('retryDelayMs', () => {
  it('is what the processor asked for, and some seconds for any other error', () => {
    expect(retryDelayMs(new RetryLaterError(1234, 'later'))).toBe(1234);
    const unforeseen = retryDelayMs(new Error('a bug'));
    expect(unforeseen).toBeGreaterThanOrEqual(2_500);
    expect(unforeseen).toBeLessThanOrEqual(5_000);
  });
});

describe('withJitter', () => {
  it('never lengthens a delay, and shortens it by no more than the share', () => {
    const delays = Array.from({ length: 1_000 }, () => withJitter(1_000, 0.25));
    expect(Math.max(...delays)).toBeLessThanOrEqual(1_000);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(750);
    expect(new Set(delays).size).toBeGreaterThan(50);
  });
});
