import { InputBucketNotAllowedError, InputUrlInvalidError } from './input-errors.js';
import type { ObjectStorePlace } from './open-object-store.js';
import { s3Url } from './s3-url.js';

/** An object of an input bucket, outside of any object store of ours. */
export interface InputObject {
  readonly bucket: string;
  readonly key: string;
}

/** What may be read as an input. */
export interface InputRules {
  /** Or any bucket that the credentials can read, where the user and the operator are one. */
  readonly buckets: readonly string[] | 'any';
  /** Nothing in it is an input, even where its bucket is one. */
  readonly store: ObjectStorePlace;
}

const INPUT_URL = /^s3:\/\/([^/]+)\/(.+)$/is;
/** In UTF-8, as S3 counts. */
const MAX_KEY_BYTES = 1024;
const CONTROL_SIGN = /[\0-\x1f\x7f]/;

/**
 * Reads `s3://bucket/key`; the key stands there as it is, without any encoding.
 * @throws {InputUrlInvalidError} `image_url_invalid`
 * @throws {InputBucketNotAllowedError} `url_not_allowed`
 */
export function checkInputUrl(url: string, rules: InputRules): InputObject {
  const [, bucket, key] = INPUT_URL.exec(url) ?? [];
  if (bucket === undefined || key === undefined) throw new InputUrlInvalidError('it must be s3://bucket/key');
  const object = { bucket, key };
  checkInputObject(object, rules);
  return object;
}

/** {@link checkInputUrl} for a URL that was taken apart before. */
export function checkInputObject(object: InputObject, rules: InputRules): void {
  checkKey(object.key);
  checkInputBucket(object, rules);
  if (isInStore(object, rules.store)) {
    const reason = 'the service keeps its own objects there';
    throw new InputBucketNotAllowedError(s3Url(object.bucket, object.key), reason);
  }
}

/**
 * Whether the bucket may be read from at all.
 * @throws {InputBucketNotAllowedError}
 */
export function checkInputBucket({ bucket, key }: InputObject, { buckets }: InputRules): void {
  if (buckets === 'any' || buckets.includes(bucket)) return;
  const reason = 'TESSERA_INPUT_BUCKETS does not list this bucket';
  throw new InputBucketNotAllowedError(s3Url(bucket, key), reason);
}

/** Whether an object of a bucket that may be read from is no object of the service's own. */
export function isInput(object: InputObject, { store }: InputRules): boolean {
  return !isInStore(object, store);
}

function checkKey(key: string): void {
  const bytes = Buffer.byteLength(key);
  if (bytes > MAX_KEY_BYTES) {
    throw new InputUrlInvalidError(`its key has ${bytes} bytes; at most ${MAX_KEY_BYTES} are allowed`);
  }
  // Some servers take a key for a path.
  if (CONTROL_SIGN.test(key) || key.split('/').some((segment) => segment === '.' || segment === '..')) {
    throw new InputUrlInvalidError('its key may have no control characters and no segment . or ..');
  }
}

function isInStore({ bucket, key }: InputObject, store: ObjectStorePlace): boolean {
  if (store.kind !== 's3' || store.bucket !== bucket) return false;
  return store.prefix === '' || key.startsWith(`${store.prefix}/`);
}
