import { type ImageSource, TesseraError } from '@tessera/contracts';
import { type UrlFetcher } from '@tessera/safe-fetch';
import { StoredImageMissingError, StoredImageUnavailableError } from './errors.js';
import { hashImage } from './hash-image.js';
import { decodeImage, type ImageLimits, type ImageSize, probeImage } from './image.js';
import { type BucketObject, type ImageBuckets, readBucketImage } from './read-bucket-image.js';

/** Where an image is: where a job says, or in memory already. */
export type LoadableImage = ImageSource | { readonly kind: 'bytes'; readonly bytes: Uint8Array };

export interface ImageLoading {
  readonly http: UrlFetcher;
  /** The object store. A failure that is not worth another attempt means that the object is gone. */
  readonly objects: { get(key: string): Promise<Uint8Array> };
  readonly buckets: ImageBuckets;
  readonly limits: ImageLimits & {
    /** Of an image behind a URL or in a bucket. */
    readonly maxBytes: number;
    readonly fetchTimeoutMs: number;
  };
  /** Directives of `X-Robots-Tag`, in lower case, that an image behind a URL is left alone for. Default: none. */
  readonly refusedDirectives?: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

export interface LoadedImage extends ImageSize {
  /** As fetched. */
  readonly bytes: Uint8Array;
  /** SHA-256 of the bytes, in hexadecimal. */
  readonly contentHash: string;
  /** The pixels, as `decodeImage` gives them. */
  decode(): Promise<Uint8Array>;
}

/**
 * Gets an image from where it is, and reads its header; decoding waits until it is asked for.
 * Rejects with a `TesseraError` whose `retryable` says whether another attempt may succeed, or with the reason of an
 * abort.
 */
export async function loadImage(source: LoadableImage, loading: ImageLoading): Promise<LoadedImage> {
  const { limits, signal } = loading;
  const bytes = await readBytes(source, loading);
  signal?.throwIfAborted();
  const [size, contentHash] = await Promise.all([probeImage(bytes, limits), hashImage(bytes)]);
  return { ...size, bytes, contentHash, decode: () => decodeImage(bytes, limits) };
}

function readBytes(source: LoadableImage, loading: ImageLoading): Promise<Uint8Array> | Uint8Array {
  switch (source.kind) {
    case 'bytes':
      return source.bytes;
    case 'url':
      return fetchImage(source.url, loading);
    case 's3':
      return readS3Image(source, loading);
    case 'object':
      return readStoredImage(source.key, loading);
  }
}

function fetchImage(url: string, loading: ImageLoading): Promise<Uint8Array> {
  const { http, limits, signal, refusedDirectives = [] } = loading;
  const { maxBytes, fetchTimeoutMs: timeoutMs } = limits;
  return http.fetchBytes(url, { maxBytes, timeoutMs, signal, refusedDirectives });
}

function readS3Image(object: BucketObject, { buckets, limits, signal }: ImageLoading): Promise<Uint8Array> {
  const { maxBytes, fetchTimeoutMs: timeoutMs } = limits;
  return readBucketImage(object, buckets, { maxBytes, timeoutMs, signal });
}

async function readStoredImage(key: string, { objects }: ImageLoading): Promise<Uint8Array> {
  try {
    return await objects.get(key);
  } catch (error) {
    if (error instanceof TesseraError && !error.retryable) throw new StoredImageMissingError(key, error);
    throw new StoredImageUnavailableError(key, error);
  }
}
