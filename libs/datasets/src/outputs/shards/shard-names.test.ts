import { describe, expect, it } from 'vitest';
import { compareShardNames } from './shard-names.js';

describe('the order of shards', () => {
  it.each([
    ['99999', '100000'],
    ['part-9-b', 'part-10-a'],
    ['00001', '0001a'],
    ['a', 'b'],
    ['a', 'a1'],
    ['01', '1'],
    ['9007199254740992', '9007199254740993'],
  ])('has %s before %s', (left, right) => {
    expect(Math.sign(compareShardNames(left, right))).toBe(-1);
    expect(Math.sign(compareShardNames(right, left))).toBe(1);
    expect(compareShardNames(left, left)).toBe(0);
  });
});
