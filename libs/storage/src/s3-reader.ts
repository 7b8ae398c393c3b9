import { Readable } from 'node:stream';
import { GetObjectCommand, HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { objectBody } from './object-body.js';
import type { ObjectRange, OpenedObject } from './object-store.js';
import { isRangeBeyondEnd } from './s3-failure.js';

/** Time without a byte, though one is waited for, after which the service counts as gone. */
const IDLE_TIMEOUT_MS = 30_000;

export interface S3Object {
  readonly bucket: string;
  /** As S3 has it. */
  readonly key: string;
  /** What messages call it. */
  readonly name: string;
}

interface Reading {
  readonly range?: ObjectRange | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Streams an object of S3, or a range of it. Rejects with the SDK's errors. */
export async function openS3Object(
  client: S3Client,
  { bucket, key, name }: S3Object,
  { range, signal }: Reading,
): Promise<OpenedObject> {
  const object = { Bucket: bucket, Key: key };
  if (range?.end === range?.start && range !== undefined) return openNothing(client, object, signal);
  try {
    const command = new GetObjectCommand({ ...object, ...(range && { Range: rangeHeader(range) }) });
    const { Body, ContentLength, ContentRange } = await client.send(command, sendOptions(signal));
    // On Node.js the SDK gives this kind of stream and no other.
    const body = objectBody(name, Body as Readable, { signal, idleTimeoutMs: IDLE_TIMEOUT_MS });
    return { bytes: sizeOf(ContentRange) ?? ContentLength ?? 0, body };
  } catch (error) {
    if (isRangeBeyondEnd(error)) return openNothing(client, object, signal);
    throw error;
  }
}

/** Size of an object of S3. Rejects with the SDK's errors. */
export async function sizeOfS3Object(
  client: S3Client,
  object: { Bucket: string; Key: string },
  signal?: AbortSignal,
): Promise<number> {
  const { ContentLength } = await client.send(new HeadObjectCommand(object), sendOptions(signal));
  return ContentLength ?? 0;
}

/** An empty range: S3 knows none, and yet the object must be there. */
async function openNothing(
  client: S3Client,
  object: { Bucket: string; Key: string },
  signal: AbortSignal | undefined,
): Promise<OpenedObject> {
  return { bytes: await sizeOfS3Object(client, object, signal), body: Readable.from([]) };
}

function rangeHeader({ start, end }: ObjectRange): string {
  return `bytes=${start}-${end === undefined ? '' : end - 1}`;
}

/** Total of a `Content-Range: bytes 2-4/10`. */
function sizeOf(contentRange: string | undefined): number | undefined {
  const total = contentRange && /\/(\d+)$/.exec(contentRange)?.[1];
  return total ? Number(total) : undefined;
}

function sendOptions(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}
