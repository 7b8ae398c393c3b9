import { describe, expect, it } from 'vitest';
import { readExpiry } from './key-expiry.js';

const NOW_MS = 1_700_000_000_500;
const read = (expiry: object) => readExpiry({ name: 'n', scopes: ['jobs'], ...expiry }, NOW_MS);

describe('readExpiry', () => {
  it('takes a time, a number of seconds, or neither', () => {
    expect(read({ expires_at: 1_700_000_001 })).toBe(1_700_000_001_000);
    expect(read({ expires_in_seconds: 60 })).toBe(NOW_MS + 60_000);
    expect(read({ expires_at: null })).toBeUndefined();
  });

  it.each([{ expires_at: 1_700_000_000 }, { expires_at: 1_800_000_000, expires_in_seconds: 1 }])(
    'refuses %j',
    (expiry) => {
      expect(() => read(expiry)).toThrow(/^expires_at: /);
    },
  );
});
