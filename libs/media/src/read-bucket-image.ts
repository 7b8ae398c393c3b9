import { TesseraError } from '@tessera/contracts';
import { collectBody, FetchConnectionError, FetchTimeoutError } from '@tessera/safe-fetch';

/** An object of S3. */
export interface BucketObject {
  readonly bucket: string;
  readonly key: string;
}

/** Buckets that images may be read from. A failure that is worth another attempt means that S3 is away. */
export interface ImageBuckets {
  open(
    object: BucketObject,
    options: { readonly signal: AbortSignal },
  ): Promise<{ readonly bytes: number; readonly body: AsyncIterable<Uint8Array> }>;
}

interface Reading {
  readonly maxBytes: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** The bytes of an image in a bucket, under the limits of one behind a URL and with the same errors. */
export async function readBucketImage(
  { bucket, key }: BucketObject,
  buckets: ImageBuckets,
  { maxBytes, timeoutMs, signal }: Reading,
): Promise<Uint8Array> {
  const url = `s3://${bucket}/${key}`;
  const deadline = AbortSignal.timeout(timeoutMs);
  const either = signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
  try {
    const { bytes, body } = await buckets.open({ bucket, key }, { signal: either });
    return await collectBody(body, { url, maxBytes, declaredBytes: bytes });
  } catch (error) {
    signal?.throwIfAborted();
    if (deadline.aborted) throw new FetchTimeoutError(url, timeoutMs, { cause: error });
    if (error instanceof TesseraError && !error.retryable) throw error;
    throw new FetchConnectionError(url, error);
  }
}
