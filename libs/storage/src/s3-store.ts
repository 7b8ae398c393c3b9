import { buffer } from 'node:stream/consumers';
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { ObjectNotFoundError, type ObjectStoreOperation, ObjectStoreUnavailableError } from './errors.js';
import { checkFolderPrefix, isKey, type KeyRules, STORE_KEYS } from './object-key.js';
import { checkRange } from './object-range.js';
import { ObjectSource } from './object-source.js';
import type { DownloadOptions, ObjectInfo, ObjectRange, ObjectStore, OpenedObject } from './object-store.js';
import { explainS3Failure, isMissingObject } from './s3-failure.js';
import { openS3Object, sizeOfS3Object } from './s3-reader.js';
import { createS3Client, type S3Service } from './s3-service.js';
import { s3Url } from './s3-url.js';
import { putS3Object, uploadS3Object } from './s3-writer.js';
import { translatingFailures } from './translate-failures.js';

const translateFailures = translatingFailures((error, operation, subject) =>
  operation === 'get' && isMissingObject(error)
    ? new ObjectNotFoundError(subject, { cause: error })
    : new ObjectStoreUnavailableError(operation, subject, error, explainS3Failure(error)),
);

/** Longest life of a presigned URL that S3 allows: a week. */
const MAX_PRESIGNED_SECONDS = 604_800;

/** A place in S3 for an object store. */
export interface S3Place {
  readonly bucket: string;
  /** First part of every key, without slashes at its ends; may be empty. */
  readonly prefix: string;
  readonly service: S3Service;
}

/**
 * Opens the object store in a bucket, which must be there.
 * @throws {ObjectStoreUnavailableError} when the bucket cannot be listed, with what to do about it
 */
export async function openS3Store(
  { bucket, prefix, service }: S3Place,
  keys: KeyRules = STORE_KEYS,
): Promise<ObjectStore> {
  const client = createS3Client(service);
  const root = prefix === '' ? '' : `${prefix}/`;
  await translateFailures('open', s3Url(bucket, root), () =>
    client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: root, MaxKeys: 1 })),
  );
  return new S3Store(client, { bucket, root, keys, encryption: service.encryption });
}

class S3Store implements ObjectStore {
  private readonly bucket: string;
  /** Prefix of every key, with its slash; may be empty. */
  private readonly root: string;
  private readonly keys: KeyRules;
  private readonly encryption: S3Service['encryption'];

  constructor(
    private readonly client: S3Client,
    place: { bucket: string; root: string; keys: KeyRules; encryption: S3Service['encryption'] },
  ) {
    this.bucket = place.bucket;
    this.root = place.root;
    this.keys = place.keys;
    this.encryption = place.encryption;
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    this.keys.checkKey(key);
    await translateFailures('put', key, () =>
      putS3Object(this.client, this.objectOf(key), bytes, this.encryption),
    );
  }

  async putStream(
    key: string,
    chunks: AsyncIterable<Uint8Array>,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<{ bytes: number }> {
    this.keys.checkKey(key);
    const source = new ObjectSource(chunks, signal);
    source.checkAbort();
    await source.unwrapFailure(() =>
      translateFailures('put', key, () =>
        uploadS3Object(this.client, this.objectOf(key), source, this.encryption),
      ),
    );
    return { bytes: source.bytes };
  }

  async get(key: string): Promise<Uint8Array> {
    return buffer((await this.open(key)).body);
  }

  async open(
    key: string,
    { range, signal }: { readonly range?: ObjectRange; readonly signal?: AbortSignal } = {},
  ): Promise<OpenedObject> {
    this.keys.checkKey(key);
    checkRange(key, range);
    signal?.throwIfAborted();
    const object = { bucket: this.bucket, key: this.root + key, name: key };
    try {
      return await translateFailures('get', key, () => openS3Object(this.client, object, { range, signal }));
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  }

  async stat(key: string): Promise<ObjectInfo | undefined> {
    this.keys.checkKey(key);
    return translateFailures('stat', key, async () => {
      try {
        return { key, bytes: await sizeOfS3Object(this.client, this.objectOf(key)) };
      } catch (error) {
        if (isMissingObject(error)) return undefined;
        throw error;
      }
    });
  }

  async *list(prefix: string): AsyncIterable<string> {
    this.keys.checkPrefix(prefix);
    for await (const keys of this.pagesOf(prefix, 'list')) yield* keys;
  }

  async delete(key: string): Promise<void> {
    this.keys.checkKey(key);
    await translateFailures('delete', key, () =>
      this.client.send(new DeleteObjectCommand(this.objectOf(key))),
    );
  }

  async deletePrefix(prefix: string): Promise<void> {
    checkFolderPrefix(prefix, this.keys);
    for await (const keys of this.pagesOf(prefix, 'deletePrefix')) {
      if (keys.length > 0) await translateFailures('deletePrefix', prefix, () => this.deleteAll(keys));
    }
  }

  async presignDownload(key: string, options: DownloadOptions): Promise<string> {
    this.keys.checkKey(key);
    const { expiresInSeconds, contentDisposition } = options;
    const expiresIn = Math.min(expiresInSeconds, MAX_PRESIGNED_SECONDS);
    const command = new GetObjectCommand({
      ...this.objectOf(key),
      ResponseContentDisposition: contentDisposition,
    });
    return translateFailures('presignDownload', key, () => getSignedUrl(this.client, command, { expiresIn }));
  }

  private objectOf(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.bucket, Key: this.root + key };
  }

  /** Keys that begin with `prefix`, a page at a time. What another program put there under names of its own is left out. */
  private async *pagesOf(prefix: string, operation: ObjectStoreOperation): AsyncGenerator<string[]> {
    const listing = { Bucket: this.bucket, Prefix: this.root + prefix };
    const pages = paginateListObjectsV2({ client: this.client }, listing)[Symbol.asyncIterator]();
    for (;;) {
      const page = await translateFailures(operation, prefix, () => pages.next());
      if (page.done === true) return;
      const keys = (page.value.Contents ?? []).map(({ Key = '' }) => Key.slice(this.root.length));
      yield keys.filter((key) => isKey(key, this.keys));
    }
  }

  private async deleteAll(keys: string[]): Promise<void> {
    const Objects = keys.map((key) => ({ Key: this.root + key }));
    const command = new DeleteObjectsCommand({ Bucket: this.bucket, Delete: { Objects, Quiet: true } });
    const { Errors = [] } = await this.client.send(command);
    const failed = Errors.find(({ Code }) => Code !== 'NoSuchKey');
    if (failed === undefined) return;
    throw Object.assign(new Error(`${failed.Key ?? 'an object'} stays: ${failed.Message ?? ''}`), {
      name: failed.Code ?? 'Error',
    });
  }
}
