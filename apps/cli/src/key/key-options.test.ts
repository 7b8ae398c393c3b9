import { InvalidArgumentError } from 'commander';
import { describe, expect, it } from 'vitest';
import { duration, limitPair, scopeList } from './key-options.js';

describe('the options of tessera key create', () => {
  it('are read', () => {
    expect(scopeList('jobs, files')).toEqual(['jobs', 'files']);
    expect([duration('30m'), duration('12h'), duration('90d')]).toEqual([1_800, 43_200, 7_776_000]);
    expect(limitPair('weight=0.5', { queued_jobs: 5 })).toEqual({ queued_jobs: 5, weight: 0.5 });
  });

  it.each([
    () => scopeList('jobs,everything'),
    () => scopeList(''),
    () => duration('90'),
    () => duration('0d'),
    () => limitPair('queued_jobs'),
    () => limitPair('queued_jobs=-1'),
    () => limitPair('=1'),
  ])('are refused: %s', (read) => {
    expect(read).toThrow(InvalidArgumentError);
  });
});
