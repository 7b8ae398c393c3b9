import { ADMIN_OWNER_ID } from '@tessera/contracts';
import { describe, expect, it } from 'vitest';
import { secretOfOwner } from './secret-of-owner.js';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

describe('secretOfOwner', () => {
  it("is the given secret for the administrator's", () => {
    expect(secretOfOwner(SECRET, ADMIN_OWNER_ID)).toBe(SECRET);
  });

  it('stays what it was: receivers know it', () => {
    // Of openssl dgst -sha256 -mac HMAC -macopt hexkey:31f290f6bf06... over "webhook key_1".
    expect(secretOfOwner(SECRET, 'key_1')).toBe('whsec_qiMADfyoSmPxABW4tCl6ISvg1PbHRyhzw9O33cHSPU8=');
  });

  it('is another one for every owner, and for every given secret', () => {
    const secrets = ['key_1', 'key_2', ''].map((ownerId) => secretOfOwner(SECRET, ownerId));
    const ofAnother = secretOfOwner(`whsec_${'A'.repeat(32)}`, 'key_1');
    expect(new Set([SECRET, ofAnother, ...secrets]).size).toBe(5);
  });
});
