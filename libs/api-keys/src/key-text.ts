import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';

const KEY_BYTES = 32;
const KEY = /^tsk_[A-Za-z0-9_-]{43}$/;
const KEY_ID = /^key_[0-9a-f]{32}$/;
const VISIBLE_CHARACTERS = 12;

/** A new key: 256 random bits behind `tsk_`, by which people and scanners know it for one of ours. */
export function newKey(): string {
  return `tsk_${randomBytes(KEY_BYTES).toString('base64url')}`;
}

export function newKeyId(): string {
  return `key_${randomUUID().replaceAll('-', '')}`;
}

/** Whether a text can be a key at all; what cannot never reaches Redis. */
export function isKey(text: string): boolean {
  return KEY.test(text);
}

/** Whether a text can be the id of a key at all. */
export function isKeyId(text: string): boolean {
  return KEY_ID.test(text);
}

/** The part of a key that is shown. */
export function prefixOf(key: string): string {
  return key.slice(0, VISIBLE_CHARACTERS);
}

/** SHA-256 in hex. A key is as random as a hash, so neither salt nor a slow hash would add anything. */
export function hashKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

/** Compares two hashes in a time that does not tell where they differ. */
export function areSameHashes(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one, 'hex'), Buffer.from(other, 'hex')];
  return left.length === right.length && timingSafeEqual(left, right);
}
