import { ImageFileTooLargeError } from './errors.js';

/** All bytes of a stream. @throws {ImageFileTooLargeError} as soon as there are more than `maxBytes` */
export async function collectBytes(
  chunks: AsyncIterable<Uint8Array>,
  { source, maxBytes }: { source: string; maxBytes: number },
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new ImageFileTooLargeError(source, bytes, maxBytes);
    parts.push(chunk);
  }
  return Buffer.concat(parts, bytes);
}
