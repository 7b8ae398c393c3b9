import { TesseraError } from '@tessera/contracts';

/** The text is no `s3:` URL that is ever read. */
export class InputUrlInvalidError extends TesseraError {
  readonly code = 'image_url_invalid';
  constructor(readonly reason: string) {
    super(`the s3: URL cannot be used: ${reason}`);
  }
}

/** The operator has not allowed what the `s3:` URL names. */
export class InputBucketNotAllowedError extends TesseraError {
  readonly code = 'url_not_allowed';
  constructor(
    readonly url: string,
    readonly reason: string,
  ) {
    super(`${url} may not be read: ${reason}`);
  }
}

/** S3 refuses for good: no such object, or one that the worker's credentials may not read. */
export class InputRefusedError extends TesseraError {
  readonly code = 'image_not_found';
  constructor(
    readonly url: string,
    readonly reason: string,
    cause: unknown,
  ) {
    super(`${url} cannot be read: ${reason}`, { cause });
  }
}
