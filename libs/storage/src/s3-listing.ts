import {
  type ListObjectsV2CommandInput,
  type ListObjectsV2CommandOutput,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';

type Listing = Pick<ListObjectsV2CommandInput, 'Bucket' | 'Prefix'>;

interface ListedKey {
  readonly kind: 'object' | 'folder';
  readonly key: string;
}

/** Every object below a prefix, by the bytes of its key. Rejects with the SDK's errors. */
export async function* listS3Objects(
  client: S3Client,
  listing: Listing,
  signal?: AbortSignal,
): AsyncGenerator<ListedKey> {
  for await (const page of pagesOf(client, listing, signal)) yield* objectsOf(page);
}

/** Objects and folders up to the next slash behind a prefix, by the bytes of their keys. Rejects with the SDK's errors. */
export async function* listS3Level(
  client: S3Client,
  listing: Listing,
  signal?: AbortSignal,
): AsyncGenerator<ListedKey> {
  for await (const page of pagesOf(client, { ...listing, Delimiter: '/' }, signal)) {
    const folders = (page.CommonPrefixes ?? []).map(({ Prefix = '' }) => ({
      kind: 'folder' as const,
      key: Prefix,
    }));
    // A page has them in two lists, and goes on where both end.
    yield* [...objectsOf(page), ...folders].sort((left, right) =>
      Buffer.compare(Buffer.from(left.key), Buffer.from(right.key)),
    );
  }
}

function pagesOf(
  client: S3Client,
  listing: ListObjectsV2CommandInput,
  signal: AbortSignal | undefined,
): AsyncIterable<ListObjectsV2CommandOutput> {
  const pages = paginateListObjectsV2({ client }, listing);
  return signal === undefined ? pages : untilAborted(pages, signal);
}

async function* untilAborted<Page>(pages: AsyncIterable<Page>, signal: AbortSignal): AsyncGenerator<Page> {
  signal.throwIfAborted();
  for await (const page of pages) {
    yield page;
    signal.throwIfAborted();
  }
}

function objectsOf({ Contents = [] }: ListObjectsV2CommandOutput): ListedKey[] {
  return Contents.map(({ Key = '' }) => ({ kind: 'object' as const, key: Key }));
}
