import { FileTooLargeError } from './errors.js';

/** Passes bytes on. @throws {FileTooLargeError} where more than `maxBytes` come */
export async function* limitBytes(
  source: AsyncIterable<Uint8Array>,
  maxBytes: number,
  param: string,
): AsyncGenerator<Uint8Array> {
  let byteCount = 0;
  for await (const chunk of source) {
    byteCount += chunk.length;
    if (byteCount > maxBytes) throw new FileTooLargeError(maxBytes, undefined, param);
    yield chunk;
  }
}
