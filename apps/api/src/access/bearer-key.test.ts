import { describe, expect, it } from 'vitest';
import { readBearerKey } from './bearer-key.js';

describe('readBearerKey', () => {
  it.each([
    ['Bearer tsk_a', 'tsk_a'],
    ['bearer  tsk_a ', 'tsk_a'],
    ['Bearer', undefined],
    ['Bearer ', undefined],
    ['Bearer two keys', undefined],
    ['Basic dXNlcjpwYXNz', undefined],
    ['tsk_a', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('reads %j', (header, key) => {
    expect(readBearerKey(header)).toBe(key);
  });

  it('takes no time over a header that is all spaces', () => {
    const startedAt = performance.now();
    expect(readBearerKey(`Bearer ${' '.repeat(16_000)}\n`)).toBeUndefined();
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});
