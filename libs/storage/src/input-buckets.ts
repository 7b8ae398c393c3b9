import type { S3Client } from '@aws-sdk/client-s3';
import { ObjectStoreUnavailableError } from './errors.js';
import { InputRefusedError } from './input-errors.js';
import { checkInputObject, type InputObject, type InputRules } from './input-url.js';
import type { OpenedObject } from './object-store.js';
import { explainS3Failure, isMissingObject, isRefusal } from './s3-failure.js';
import type { S3Service } from './s3-service.js';
import { s3Url } from './s3-url.js';

/** The buckets that the operator allows inputs to come from. */
export class InputBuckets {
  private client: S3Client | undefined;

  constructor(private readonly options: InputRules & { readonly service: S3Service }) {}

  /**
   * Streams an input.
   * @throws {InputBucketNotAllowedError} for what may not be read
   * @throws {InputRefusedError} for what is not there, or not for these credentials
   * @throws {ObjectStoreUnavailableError} when S3 cannot be reached now
   */
  async open(object: InputObject, { signal }: { readonly signal?: AbortSignal } = {}): Promise<OpenedObject> {
    checkInputObject(object, this.options);
    const name = s3Url(object.bucket, object.key);
    // The SDK is loaded only where it is used, as for a store.
    const [{ createS3Client }, { openS3Object }] = await Promise.all([
      import('./s3-service.js'),
      import('./s3-reader.js'),
    ]);
    this.client ??= createS3Client(this.options.service);
    try {
      return await openS3Object(this.client, { ...object, name }, { signal });
    } catch (error) {
      signal?.throwIfAborted();
      if (isRefusal(error)) throw new InputRefusedError(name, describeRefusal(error), error);
      throw new ObjectStoreUnavailableError('get', name, error, explainS3Failure(error));
    }
  }
}

/** Without remedies: those who read it have no say in the credentials. */
function describeRefusal(error: unknown): string {
  if (isMissingObject(error)) return 'there is no such object';
  return error instanceof Error ? `S3 refuses with ${error.name}` : String(error);
}
