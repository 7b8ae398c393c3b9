import { describe, expect, it } from 'vitest';
import { RangeNotSatisfiableError } from '../errors/file.errors.js';
import { readByteRange } from './byte-range.js';

describe('a Range of ten bytes', () => {
  it.each<[string | undefined, { start: number; end: number } | undefined]>([
    [undefined, undefined],
    ['bytes=0-3', { start: 0, end: 4 }],
    ['bytes=4-', { start: 4, end: 10 }],
    ['bytes=4-99', { start: 4, end: 10 }],
    ['bytes=9-9', { start: 9, end: 10 }],
    ['bytes=-3', { start: 7, end: 10 }],
    ['bytes=-99', { start: 0, end: 10 }],
    ['bytes=3-2', undefined],
    ['bytes=0-1,3-4', undefined],
    ['lines=0-1', undefined],
    ['bytes=-', undefined],
    ['bytes=a-b', undefined],
  ])('%s is %j', (header, range) => {
    expect(readByteRange(header, 10)).toEqual(range);
  });

  it.each(['bytes=10-', 'bytes=10-11', 'bytes=99-', 'bytes=-0'])('%s is past the end', (header) => {
    expect(() => readByteRange(header, 10)).toThrow(RangeNotSatisfiableError);
  });

  it('of an empty file can only be past the end', () => {
    expect(() => readByteRange('bytes=0-', 0)).toThrow(RangeNotSatisfiableError);
  });
});
