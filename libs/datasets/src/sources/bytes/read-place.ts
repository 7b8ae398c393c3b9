import { type FileHandle, open } from 'node:fs/promises';
import { TesseraError } from '@tessera/contracts';
import type { FilePlace, ImagePlace } from '../../source.js';
import { ImagePlaceMissingError, ImagePlaceTooLargeError, ImagePlaceUnreadableError } from '../errors.js';
import { placeName } from '../place-name.js';
import type { SourceOptions } from '../source-options.js';
import { readRange } from './random-access.js';

/** A place that is read here; who fetches URLs has manners to keep. */
export type ReadablePlace = Exclude<ImagePlace, { kind: 'url' }>;

export interface PlaceReading {
  readonly buckets: Pick<SourceOptions['buckets'], 'open'>;
  readonly maxBytes: number;
  readonly signal?: AbortSignal | undefined;
}

/** Bytes of a file or object; without an end: all of it. */
interface Part {
  readonly of: FilePlace;
  readonly offsetBytes: number;
  readonly lengthBytes?: number;
}

/**
 * The bytes of an image. Its size is checked first, so that a huge file is never read.
 * @throws {ImagePlaceMissingError | ImagePlaceUnreadableError | ImagePlaceTooLargeError}
 */
export async function readPlace(place: ReadablePlace, reading: PlaceReading): Promise<Uint8Array> {
  if (place.kind === 'bytes') {
    checkSize('the image in the list', place.bytes.length, reading.maxBytes);
    return place.bytes;
  }
  return readPart(place.kind === 'part' ? place : { of: place, offsetBytes: 0 }, reading);
}

async function readPart(part: Part, reading: PlaceReading): Promise<Uint8Array> {
  const name = placeName(part.of);
  // Known before anything is opened.
  if (part.lengthBytes !== undefined) checkSize(name, part.lengthBytes, reading.maxBytes);
  const bytes = await readAnyPart(part, reading);
  if (part.lengthBytes === undefined || bytes.length === part.lengthBytes) return bytes;
  const { offsetBytes, lengthBytes } = part;
  const reason = `it ends before byte ${offsetBytes + lengthBytes}, where the image would`;
  throw new ImagePlaceMissingError(name, reason);
}

function readAnyPart(part: Part, reading: PlaceReading): Promise<Uint8Array> {
  const { of, ...range } = part;
  return of.kind === 'file' ? readFilePart(of.path, range, reading) : readObjectPart(of, range, reading);
}

async function readFilePart(
  path: string,
  { offsetBytes, lengthBytes }: Omit<Part, 'of'>,
  { maxBytes, signal }: PlaceReading,
): Promise<Uint8Array> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    const status = await file.stat();
    signal?.throwIfAborted();
    if (!status.isFile()) throw new ImagePlaceUnreadableError(path, 'it is not a regular file');
    const end = lengthBytes === undefined ? status.size : Math.min(status.size, offsetBytes + lengthBytes);
    checkSize(path, end - offsetBytes, maxBytes);
    return await readRange(file, offsetBytes, end);
  } catch (error) {
    throw toFileFailure(path, error);
  } finally {
    await file?.close();
  }
}

function toFileFailure(path: string, cause: unknown): unknown {
  if (!(cause instanceof Error) || !('syscall' in cause) || !('code' in cause)) return cause;
  if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') {
    return new ImagePlaceMissingError(path, 'there is no such file', { cause });
  }
  return new ImagePlaceUnreadableError(path, String(cause.code), { cause });
}

async function readObjectPart(
  object: Extract<FilePlace, { kind: 's3' }>,
  { offsetBytes, lengthBytes }: Omit<Part, 'of'>,
  { buckets, maxBytes, signal }: PlaceReading,
): Promise<Uint8Array> {
  const name = placeName(object);
  const range =
    lengthBytes === undefined ? {} : { range: { start: offsetBytes, end: offsetBytes + lengthBytes } };
  try {
    const { bytes, body } = await buckets.open(object, { ...range, signal });
    const chunks: Uint8Array[] = [];
    let seenBytes = 0;
    // Leaving the loop ends the transfer.
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      if (lengthBytes === undefined) checkSize(name, bytes, maxBytes);
      seenBytes += chunk.length;
      checkSize(name, seenBytes, maxBytes);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } catch (error) {
    signal?.throwIfAborted();
    throw toObjectFailure(name, error);
  }
}

function toObjectFailure(name: string, error: unknown): unknown {
  if (error instanceof TesseraError && !error.retryable) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new ImagePlaceUnreadableError(name, reason, { cause: error });
}

function checkSize(name: string, bytes: number, maxBytes: number): void {
  if (bytes > maxBytes) throw new ImagePlaceTooLargeError(name, bytes, maxBytes);
}
