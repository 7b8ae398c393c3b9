import type { SourceOptions } from '../source-options.js';

export interface WalkedObject {
  /** Path below the prefix. */
  readonly name: string;
  readonly key: string;
}

interface BucketWalk {
  readonly buckets: SourceOptions['buckets'];
  readonly accepts: (name: string) => boolean;
  readonly depth?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The objects below a prefix, in the order of S3. What a folder would hide is left out. */
export async function* walkBucket(
  { bucket, key: prefix }: { readonly bucket: string; readonly key: string },
  { buckets, accepts, depth = Infinity, signal }: BucketWalk,
): AsyncGenerator<WalkedObject> {
  for await (const { key } of buckets.list({ bucket, prefix }, { signal })) {
    const name = key.slice(prefix.length);
    const segments = name.split('/');
    const isVisible = segments.every((segment) => segment !== '' && !segment.startsWith('.'));
    if (isVisible && segments.length <= depth && accepts(name)) yield { name, key };
  }
}
