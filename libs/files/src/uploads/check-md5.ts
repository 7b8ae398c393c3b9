import { createHash } from 'node:crypto';
import { UploadPartsInvalidError } from '../errors.js';

/** Passes bytes on. @throws {UploadPartsInvalidError} at their end, where their MD5 is not `expected` (hex) */
export async function* checkMd5(
  source: AsyncIterable<Uint8Array>,
  expected: string,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('md5');
  for await (const chunk of source) {
    hash.update(chunk);
    yield chunk;
  }
  const actual = hash.digest('hex');
  if (actual !== expected.toLowerCase()) {
    throw new UploadPartsInvalidError(
      `the parts in this order have the MD5 ${actual}, given ${expected}`,
      'md5',
    );
  }
}
