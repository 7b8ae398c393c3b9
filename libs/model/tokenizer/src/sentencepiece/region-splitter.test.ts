import { describe, expect, it } from 'vitest';
import { RegionSplitter } from './region-splitter.js';

describe('RegionSplitter', () => {
  const splitter = new RegionSplitter(['\u2581the', 'th', 'he', 'e\u{1F600}', '\u2581']);

  it('cuts exactly between characters that stand together in no piece', () => {
    expect([...splitter.split('\u2581the\u2581the\u{1F600}x')]).toEqual([
      '\u2581the',
      '\u2581the\u{1F600}',
      'x',
    ]);
    expect([...splitter.split('hth')]).toEqual(['h', 'th']);
    expect([...splitter.split('')]).toEqual([]);
  });

  it('loses nothing', () => {
    const text = 'the \u{1F600}\u2581\u2581thethe e\u{1F600}';
    expect([...splitter.split(text)].join('')).toBe(text);
  });
});
