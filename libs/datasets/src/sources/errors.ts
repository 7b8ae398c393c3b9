import { TesseraError } from '@tessera/contracts';

/** What the user names cannot be read as a dataset. */
export class SourceUnusableError extends TesseraError {
  readonly code = 'invalid_request';
  constructor(
    readonly uri: string,
    readonly reason: string,
    options: { cause?: unknown } = {},
  ) {
    super(`${uri} cannot be read as a dataset: ${reason}`, options);
  }
}

/** A file of a dataset cannot be read, or not to its end, however often it is tried. */
export class SourceFileError extends TesseraError {
  readonly code = 'file_invalid';
  constructor(
    readonly file: string,
    readonly reason: string,
    options: { cause?: unknown } = {},
  ) {
    super(`${file} cannot be read: ${reason}`, options);
  }
}

/** No file or object is at the place of an image, or it may not be read. */
export class ImagePlaceMissingError extends TesseraError {
  readonly code = 'image_not_found';
  constructor(
    readonly place: string,
    readonly reason: string,
    options: { cause?: unknown } = {},
  ) {
    super(`${place} cannot be read: ${reason}`, options);
  }
}

/** Reading an image failed now: a disk, a network, a service. */
export class ImagePlaceUnreadableError extends TesseraError {
  readonly code = 'image_fetch_failed';
  constructor(
    readonly place: string,
    readonly reason: string,
    options: { cause?: unknown } = {},
  ) {
    super(`${place} cannot be read: ${reason}`, options);
  }
}

/** An image has more bytes than allowed. */
export class ImagePlaceTooLargeError extends TesseraError {
  readonly code = 'image_too_large';
  constructor(
    readonly place: string,
    readonly bytes: number,
    readonly maxBytes: number,
  ) {
    super(`${place} has ${bytes} bytes or more; at most ${maxBytes} are allowed (TESSERA_MAX_IMAGE_BYTES)`);
  }
}
