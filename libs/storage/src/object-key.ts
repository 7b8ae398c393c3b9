import { ObjectKeyInvalidError } from './errors.js';

/** Which keys a store takes. */
export interface KeyRules {
  /** @throws {ObjectKeyInvalidError} */
  readonly checkKey: (key: string) => void;
  /** A beginning of a key, the empty one included. @throws {ObjectKeyInvalidError} */
  readonly checkPrefix: (prefix: string) => void;
}

const MAX_KEY_LENGTH = 512;
const MAX_SEGMENT_LENGTH = 255;
const SEGMENT = /^[A-Za-z0-9._-]+$/;

/** @throws {ObjectKeyInvalidError} unless `key` follows the rules of {@link ObjectStore} */
export function checkKey(key: string): void {
  checkLength(key);
  for (const segment of key.split('/')) checkSegment(key, segment);
}

/** Whether `key` follows the rules. */
export function isKey(key: string, { checkKey }: KeyRules): boolean {
  try {
    checkKey(key);
    return true;
  } catch (error) {
    if (error instanceof ObjectKeyInvalidError) return false;
    throw error;
  }
}

/**
 * A prefix of `list`: a beginning of a key, the empty one included.
 * @throws {ObjectKeyInvalidError} for text that no key can begin with
 */
export function checkPrefix(prefix: string): void {
  checkLength(prefix);
  const segments = prefix.split('/');
  const partial = segments.pop();
  for (const segment of segments) checkSegment(prefix, segment);
  if (partial && !SEGMENT.test(partial)) refuseSegment(prefix, partial);
}

/** A prefix of `deletePrefix`: whole segments, each with its slash. */
export function checkFolderPrefix(prefix: string, { checkPrefix }: KeyRules): void {
  if (!prefix.endsWith('/')) throw new ObjectKeyInvalidError(prefix, 'this prefix must end in a slash');
  checkPrefix(prefix);
}

/** The rules of {@link ObjectStore}. */
export const STORE_KEYS: KeyRules = { checkKey, checkPrefix };

function checkLength(key: string): void {
  if (key.length <= MAX_KEY_LENGTH) return;
  throw new ObjectKeyInvalidError(
    key,
    `it has ${key.length} characters; at most ${MAX_KEY_LENGTH} are allowed`,
  );
}

function checkSegment(key: string, segment: string): void {
  if (segment === '.' || segment === '..' || !SEGMENT.test(segment)) refuseSegment(key, segment);
  if (segment.length <= MAX_SEGMENT_LENGTH) return;
  const reason = `a segment has ${segment.length} characters; at most ${MAX_SEGMENT_LENGTH} are allowed`;
  throw new ObjectKeyInvalidError(key, reason);
}

function refuseSegment(key: string, segment: string): never {
  const rule = 'a segment is letters, digits, `.`, `_` and `-`, and neither `.` nor `..`';
  throw new ObjectKeyInvalidError(key, `${rule}; this one is ${JSON.stringify(segment)}`);
}
