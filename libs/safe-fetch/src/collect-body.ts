import { BodyTooLargeError } from './errors.js';

/**
 * The whole of a body, as long as it keeps to `maxBytes` in what it sends, and in what it declared. Leaving off ends the
 * transfer.
 */
export async function collectBody(
  body: AsyncIterable<Uint8Array>,
  { url, maxBytes, declaredBytes = 0 }: { url: string; maxBytes: number; declaredBytes?: number },
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let byteCount = 0;
  for await (const chunk of body) {
    if (declaredBytes > maxBytes) throw new BodyTooLargeError(url, maxBytes, declaredBytes);
    byteCount += chunk.length;
    if (byteCount > maxBytes) throw new BodyTooLargeError(url, maxBytes, undefined);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, byteCount);
}
