import { describe, expect, it } from 'vitest';
import { rowsPerChunk } from './rows-per-chunk.js';

describe('rowsPerChunk', () => {
  it.each([
    ['of unknown speed', undefined, 1, 8],
    ['that take no time', 0.01, 1, 64],
    ['that take a second', 1_000, 1, 30],
    ['that take minutes, on one slot', 120_000, 1, 1],
    ['that take minutes, on eight slots', 120_000, 8, 4],
    ['on more slots than a chunk has rows', 120_000, 1_000, 64],
  ])('rows %s: %s ms on %i slots make %i', (_name, rowMs, slots, rows) => {
    expect(rowsPerChunk(rowMs, slots)).toBe(rows);
  });
});
