import type { S3Client } from '@aws-sdk/client-s3';
import { TesseraError } from '@tessera/contracts';
import { ObjectStoreUnavailableError } from './errors.js';
import { InputRefusedError } from './input-errors.js';
import {
  checkInputBucket,
  checkInputObject,
  type InputObject,
  type InputRules,
  isInput,
} from './input-url.js';
import type { ObjectRange, OpenedObject } from './object-store.js';
import { checkRange } from './object-range.js';
import { explainS3Failure, isMissingObject, isRefusal } from './s3-failure.js';
import type { S3Service } from './s3-service.js';
import { s3Url } from './s3-url.js';

/** What there is below a prefix: an object, or the beginning of keys up to a slash. */
export interface ListedInput {
  readonly kind: 'object' | 'folder';
  /** Whole; that of a folder ends with its slash. */
  readonly key: string;
}

export interface ListInputs {
  /** Only to the next slash behind the prefix, and what goes on behind it as folders. */
  readonly isLevel?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** The buckets that the operator allows inputs to come from. */
export class InputBuckets {
  private client: S3Client | undefined;

  constructor(private readonly options: InputRules & { readonly service: S3Service }) {}

  /**
   * Streams an input, or a range of it.
   * @throws {InputBucketNotAllowedError} for what may not be read
   * @throws {InputRefusedError} for what is not there, or not for these credentials
   * @throws {ObjectStoreUnavailableError} when S3 cannot be reached now
   */
  async open(
    object: InputObject,
    { range, signal }: { readonly range?: ObjectRange; readonly signal?: AbortSignal | undefined } = {},
  ): Promise<OpenedObject> {
    checkInputObject(object, this.options);
    const name = s3Url(object.bucket, object.key);
    checkRange(name, range);
    const [client, { openS3Object }] = await Promise.all([this.connect(), import('./s3-reader.js')]);
    try {
      return await openS3Object(client, { ...object, name }, { range, signal });
    } catch (error) {
      signal?.throwIfAborted();
      throw toInputError('get', name, error);
    }
  }

  /**
   * What there is below a prefix, in the order of S3: by the bytes of its key. What is no input is left out.
   * @throws {InputBucketNotAllowedError | InputRefusedError | ObjectStoreUnavailableError} as {@link open} does
   */
  async *list(
    { bucket, prefix }: { readonly bucket: string; readonly prefix: string },
    { isLevel = false, signal }: ListInputs = {},
  ): AsyncGenerator<ListedInput> {
    checkInputBucket({ bucket, key: prefix }, this.options);
    const [client, { listS3Level, listS3Objects }] = await Promise.all([
      this.connect(),
      import('./s3-listing.js'),
    ]);
    const list = isLevel ? listS3Level : listS3Objects;
    const entries = list(client, { Bucket: bucket, Prefix: prefix }, signal);
    try {
      for await (const entry of entries) {
        if (entry.kind === 'folder' || isInput({ bucket, key: entry.key }, this.options)) yield entry;
      }
    } catch (error) {
      signal?.throwIfAborted();
      throw toInputError('list', s3Url(bucket, prefix), error);
    }
  }

  private async connect(): Promise<S3Client> {
    // The SDK is loaded only where it is used, as for a store.
    const { createS3Client } = await import('./s3-service.js');
    return (this.client ??= createS3Client(this.options.service));
  }
}

function toInputError(operation: 'get' | 'list', name: string, error: unknown): TesseraError {
  if (error instanceof TesseraError) return error;
  if (isRefusal(error)) return new InputRefusedError(name, describeRefusal(error), error);
  return new ObjectStoreUnavailableError(operation, name, error, explainS3Failure(error));
}

/** Without remedies: those who read it have no say in the credentials. */
function describeRefusal(error: unknown): string {
  if (isMissingObject(error)) return 'there is no such object';
  return error instanceof Error ? `S3 refuses with ${error.name}` : String(error);
}
