import { areSameHashes, hashKey } from './key-text.js';

/** Whether a text is the administrator's key, told in a time that does not depend on how much of it is right. */
export function isAdminKey(text: string, adminKey: string): boolean {
  return areSameHashes(hashKey(text), hashKey(adminKey));
}
