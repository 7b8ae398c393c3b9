import { createLogger } from '@tessera/observability';
import { describe, expect, it } from 'vitest';
import { LastUses } from './last-uses.js';

const logger = createLogger({ name: 'test', level: 'silent' });

describe('LastUses', () => {
  it('writes once a minute for each key', () => {
    const writes: [string, number][] = [];
    const uses = new LastUses({ noteUse: async (id, atMs) => void writes.push([id, atMs]) }, logger);
    for (const atMs of [0, 59_999, 60_000, 60_001]) uses.note('key_1', atMs);
    uses.note('key_2', 60_001);
    expect(writes).toEqual([
      ['key_1', 0],
      ['key_1', 60_000],
      ['key_2', 60_001],
    ]);
  });

  it('writes again at the next use where it failed', async () => {
    let attempts = 0;
    const failing = () => {
      attempts += 1;
      return Promise.reject(new Error('away'));
    };
    const uses = new LastUses({ noteUse: failing }, logger);
    uses.note('key_1', 0);
    // The failure is heard of a turn later.
    await new Promise(setImmediate);
    uses.note('key_1', 1);
    expect(attempts).toBe(2);
  });
});
