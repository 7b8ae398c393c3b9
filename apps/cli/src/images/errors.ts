import { TesseraError } from '@tessera/contracts';

/** No file is at the path of an image. */
export class ImageFileMissingError extends TesseraError {
  readonly code = 'image_not_found';
  constructor(
    readonly path: string,
    options: { cause?: unknown } = {},
  ) {
    super(`there is no file ${path}`, options);
  }
}

/** The system refuses to read an image: its permissions, a folder in its place, a failing disk. */
export class ImageFileUnreadableError extends TesseraError {
  readonly code = 'image_fetch_failed';
  constructor(
    readonly path: string,
    readonly reason: string,
    options: { cause?: unknown } = {},
  ) {
    super(`${path} cannot be read: ${reason}`, options);
  }
}

/** An image has more bytes than TESSERA_MAX_IMAGE_BYTES. */
export class ImageFileTooLargeError extends TesseraError {
  readonly code = 'image_too_large';
  constructor(
    readonly source: string,
    readonly bytes: number,
    readonly maxBytes: number,
  ) {
    super(`${source} has ${bytes} bytes or more; at most ${maxBytes} are allowed (TESSERA_MAX_IMAGE_BYTES)`);
  }
}
