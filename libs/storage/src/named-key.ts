import { ObjectKeyInvalidError } from './errors.js';
import type { KeyRules } from './object-key.js';

/** In UTF-8, as S3 counts. */
const MAX_KEY_BYTES = 1024;
/** As file systems have it. */
const MAX_SEGMENT_BYTES = 255;

/** Keys that people name, as they name files: of all signs, as long as no segment is empty, `.` or `..`. */
export const NAMED_KEYS: KeyRules = {
  checkKey: (key) => {
    checkSigns(key);
    for (const segment of key.split('/')) checkSegment(key, segment);
  },
  checkPrefix: (prefix) => {
    checkSigns(prefix);
    const segments = prefix.split('/');
    const partial = segments.pop();
    for (const segment of segments) checkSegment(prefix, segment);
    if (partial) checkSegment(prefix, partial);
  },
};

function checkSigns(key: string): void {
  const bytes = Buffer.byteLength(key);
  if (bytes > MAX_KEY_BYTES) {
    throw new ObjectKeyInvalidError(key, `it has ${bytes} bytes; at most ${MAX_KEY_BYTES} are allowed`);
  }
  if (key.includes('\0')) throw new ObjectKeyInvalidError(key, 'it has a zero byte');
}

function checkSegment(key: string, segment: string): void {
  if (['', '.', '..'].includes(segment)) {
    const rule = 'a segment is not empty and neither `.` nor `..`';
    throw new ObjectKeyInvalidError(key, `${rule}; this one is ${JSON.stringify(segment)}`);
  }
  const bytes = Buffer.byteLength(segment);
  if (bytes <= MAX_SEGMENT_BYTES) return;
  const reason = `a segment has ${bytes} bytes; at most ${MAX_SEGMENT_BYTES} are allowed`;
  throw new ObjectKeyInvalidError(key, reason);
}
