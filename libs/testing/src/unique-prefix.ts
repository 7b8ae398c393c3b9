import { randomBytes } from 'node:crypto';

/** A key prefix that no other test uses, so that tests may share one Redis. */
export function uniquePrefix(name = 'test'): string {
  return `${name}-${randomBytes(6).toString('hex')}`;
}
