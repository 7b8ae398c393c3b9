import { createReadStream } from 'node:fs';
import { TesseraError } from '@tessera/contracts';
import type { FilePlace } from '../../source.js';
import { SourceFileError } from '../errors.js';
import { placeName } from '../place-name.js';
import type { SourceOptions } from '../source-options.js';

export type ByteReading = Pick<SourceOptions, 'buckets' | 'signal'>;

const CHUNK_BYTES = 64 * 1024;

/**
 * The bytes of a file or object, from its beginning to its end.
 * @throws {SourceFileError} where it cannot be read, however often it is tried; what may pass keeps its own error
 */
export async function* openStream(place: FilePlace, reading: ByteReading): AsyncGenerator<Uint8Array> {
  try {
    yield* place.kind === 'file'
      ? createReadStream(place.path, { highWaterMark: CHUNK_BYTES })
      : await open(place, reading);
  } catch (cause) {
    reading.signal?.throwIfAborted();
    throw toFileError(place, cause);
  }
}

/** What reading a file failed with, in its own words, unless another attempt may succeed. */
export function toFileError(place: FilePlace, cause: unknown): unknown {
  if (cause instanceof SourceFileError || (cause instanceof TesseraError && cause.retryable)) return cause;
  return new SourceFileError(placeName(place), cause instanceof Error ? cause.message : String(cause), {
    cause,
  });
}

async function open(
  place: Extract<FilePlace, { kind: 's3' }>,
  { buckets, signal }: ByteReading,
): Promise<AsyncIterable<Uint8Array>> {
  return (await buckets.open(place, { signal })).body;
}
