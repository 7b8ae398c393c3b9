import { describe, expect, it } from 'vitest';
import { durationText } from './duration-text.js';

describe('durationText', () => {
  it.each([
    [0, '0ms'],
    [119.2, '120ms'],
    [999, '999ms'],
    [1000, '1s'],
    [1001, '2s'],
    [59_500, '1m0s'],
    [360_000, '6m0s'],
    [3_599_001, '1h0m0s'],
    [86_400_000, '24h0m0s'],
  ])('writes %d ms as %s', (milliseconds, text) => {
    expect(durationText(milliseconds)).toBe(text);
  });
});
