import { TesseraError } from '@tessera/contracts';

/** The bytes are not an image of a format that is read, or the image is damaged. */
export class ImageUnreadableError extends TesseraError {
  readonly code = 'image_unreadable';
  constructor(
    readonly reason: string,
    options: { cause?: unknown } = {},
  ) {
    super(`the image cannot be read: ${reason}`, options);
  }
}

/** The image has more pixels than allowed. */
export class ImageTooManyPixelsError extends TesseraError {
  readonly code = 'image_too_many_pixels';
  constructor(
    readonly width: number,
    readonly height: number,
    readonly maxPixels: number,
  ) {
    super(`the image has ${width} x ${height} = ${width * height} pixels; at most ${maxPixels} are allowed`);
  }
}

/** The store works but no longer holds the image of a job, so that no attempt will find it. */
export class StoredImageMissingError extends TesseraError {
  readonly code = 'internal_error';
  constructor(
    readonly key: string,
    cause: TesseraError,
  ) {
    super(`the image of the job is gone from the object store: ${cause.message}`, { cause });
  }

  override get retryable(): boolean {
    return false;
  }
}

/** The store could not be read right now. */
export class StoredImageUnavailableError extends TesseraError {
  readonly code = 'service_unavailable';
  constructor(
    readonly key: string,
    cause: unknown,
  ) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`the image of the job could not be read from the object store: ${reason}`, { cause });
  }
}
