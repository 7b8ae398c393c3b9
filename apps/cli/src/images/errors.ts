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

/** The address of an image cannot be used. */
export class ImageUrlInvalidError extends TesseraError {
  readonly code = 'image_url_invalid';
  constructor(readonly url: string) {
    super(`${url} is not an http or https URL`);
  }
}

/** The server behind an image's URL answered something else than the image. */
export class ImageRefusedError extends TesseraError {
  readonly code;
  constructor(
    readonly url: string,
    readonly status: number,
  ) {
    super(`${url} answered with HTTP status ${status}`);
    this.code =
      status >= 400 && status < 500 ? ('image_not_found' as const) : ('image_fetch_failed' as const);
  }
}

/** The server behind an image's URL could not be reached, or the connection broke. */
export class ImageFetchFailedError extends TesseraError {
  readonly code = 'image_fetch_failed';
  constructor(
    readonly url: string,
    readonly reason: string,
    options: { cause?: unknown } = {},
  ) {
    super(`${url} could not be fetched: ${reason}`, options);
  }
}

/** Fetching an image took longer than TESSERA_FETCH_TIMEOUT_MS. */
export class ImageFetchTimeoutError extends TesseraError {
  readonly code = 'image_fetch_timeout';
  constructor(
    readonly url: string,
    readonly timeoutMs: number,
    options: { cause?: unknown } = {},
  ) {
    super(`${url} took longer than ${timeoutMs} ms (TESSERA_FETCH_TIMEOUT_MS)`, options);
  }
}
