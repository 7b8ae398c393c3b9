import { type FileHandle, open } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import type { FilePlace } from '../../source.js';
import { type ByteReading, toFileError } from './open-stream.js';

/** A file or object that is read here and there. */
export interface RandomAccess {
  /** Of the whole. */
  readonly bytes: number;
  /** Up to the end of the file, where that comes first. */
  read(start: number, end: number): Promise<Buffer>;
  close(): Promise<void>;
}

/** @throws {SourceFileError} where it cannot be read, however often it is tried; so do reads */
export async function openRandomAccess(place: FilePlace, reading: ByteReading): Promise<RandomAccess> {
  try {
    return place.kind === 'file' ? await openFile(place) : await openObject(place, reading);
  } catch (error) {
    reading.signal?.throwIfAborted();
    throw toFileError(place, error);
  }
}

async function openFile(place: Extract<FilePlace, { kind: 'file' }>): Promise<RandomAccess> {
  const file = await open(place.path, 'r');
  const { size } = await file.stat();
  return {
    bytes: size,
    close: () => file.close(),
    read: async (start, end) => {
      try {
        return await readRange(file, start, Math.min(end, size));
      } catch (error) {
        throw toFileError(place, error);
      }
    },
  };
}

/** Bytes of a file; fewer where it has become shorter. */
export async function readRange(file: FileHandle, start: number, end: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(Math.max(0, end - start));
  let length = 0;
  while (length < bytes.length) {
    const { bytesRead } = await file.read(bytes, length, bytes.length - length, start + length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return bytes.subarray(0, length);
}

async function openObject(
  place: Extract<FilePlace, { kind: 's3' }>,
  { buckets, signal }: ByteReading,
): Promise<RandomAccess> {
  const first = await buckets.open(place, { range: { start: 0, end: 1 }, signal });
  first.body.destroy();
  return {
    bytes: first.bytes,
    close: async () => {},
    read: async (start, end) => {
      try {
        return await buffer(
          (await buckets.open(place, { range: { start, end: Math.max(start, end) }, signal })).body,
        );
      } catch (error) {
        signal?.throwIfAborted();
        throw toFileError(place, error);
      }
    },
  };
}
