import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/** What the hub says a file's content hashes to: SHA-256 for large files, the git blob hash for the others. */
export interface Checksum {
  readonly algorithm: 'sha256' | 'git-blob-sha1';
  readonly hex: string;
}

/** A running hash for content of `bytes` bytes, with nothing in it yet. */
export function beginHash({ algorithm }: Checksum, bytes: number): Hash {
  return algorithm === 'sha256' ? createHash('sha256') : createHash('sha1').update(`blob ${bytes}\0`);
}

/** Feeds a file into `hash`, from its beginning; gives its length. */
export async function hashFile(
  file: string,
  hash: Hash,
  options: { signal: AbortSignal; onBytes?: (count: number) => void },
): Promise<number> {
  let bytes = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20, signal: options.signal })) {
    // Without an encoding a stream of a file gives buffers.
    const buffer = chunk as Buffer;
    hash.update(buffer);
    bytes += buffer.length;
    options.onBytes?.(buffer.length);
  }
  return bytes;
}

/** A checksum as people compare it: `sha256:ab12...`. */
export function describeChecksum({ algorithm, hex }: Checksum): string {
  return `${algorithm}:${hex}`;
}
