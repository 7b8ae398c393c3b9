import { describe, expect, it } from 'vitest';
import { areSameHashes, hashKey, isKey, isKeyId, newKey, newKeyId, prefixOf } from './key-text.js';

describe('a new key', () => {
  it('is tsk_ and 43 characters of 32 random bytes', () => {
    const key = newKey();
    expect(key).toMatch(/^tsk_[A-Za-z0-9_-]{43}$/);
    expect(Buffer.from(key.slice(4), 'base64url')).toHaveLength(32);
    expect(newKey()).not.toBe(key);
    expect(isKey(key)).toBe(true);
    expect(isKeyId(newKeyId())).toBe(true);
  });

  it('shows its first twelve characters', () => {
    expect(prefixOf('tsk_abcdefghijkl')).toBe('tsk_abcdefgh');
  });
});

describe('isKey', () => {
  it.each(['', 'tsk_', newKey().slice(1), `${newKey()}a`, `${newKey()} `, newKey().replace(/.$/, '=')])(
    'refuses %j',
    (text) => {
      expect(isKey(text)).toBe(false);
    },
  );
});

describe('areSameHashes', () => {
  it('tells hashes apart, whatever their length', () => {
    const hash = hashKey('a');
    expect(hash).toBe('ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb');
    expect(areSameHashes(hash, hash)).toBe(true);
    expect(areSameHashes(hash, hashKey('b'))).toBe(false);
    expect(areSameHashes(hash, hash.slice(2))).toBe(false);
  });
});
