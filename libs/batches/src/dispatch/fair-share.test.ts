import { describe, expect, it } from 'vitest';
import { chooseBatch, rowsPerChunk } from './fair-share.js';

const batch = (name: string, changes: Partial<Parameters<typeof chooseBatch>[0][number]> = {}) => ({
  ...{ name, priority: 'normal' as const, openChunks: 0, nextRow: 0, total: 10, createdAtMs: 0 },
  ...changes,
});

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

describe('chooseBatch', () => {
  it('takes the one with the fewest open chunks, then the oldest', () => {
    const batches = [
      batch('busy', { openChunks: 3 }),
      batch('young', { openChunks: 1, createdAtMs: 2 }),
      batch('old', { openChunks: 1, createdAtMs: 1 }),
    ];
    expect(chooseBatch(batches)?.name).toBe('old');
  });

  it('takes one of low priority only where no other has rows left', () => {
    const low = batch('low', { priority: 'low' });
    expect(chooseBatch([low, batch('normal', { openChunks: 9 })])?.name).toBe('normal');
    expect(chooseBatch([low, batch('normal', { nextRow: 10 })])?.name).toBe('low');
  });

  it('takes none where all rows are handed out', () => {
    expect(chooseBatch([batch('done', { nextRow: 10 })])).toBeUndefined();
  });
});
