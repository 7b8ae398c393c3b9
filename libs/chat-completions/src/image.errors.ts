import { TesseraError } from '@tessera/contracts';

export class TooManyImagesError extends TesseraError {
  readonly code = 'too_many_images';

  constructor(
    readonly limit: number,
    readonly imageCount: number | undefined,
    param?: string,
  ) {
    const given = imageCount === undefined ? 'given more' : `given ${imageCount}`;
    super(`a job may carry at most ${limit} images, ${given}`, param === undefined ? {} : { param });
  }
}

export class ImageUrlInvalidError extends TesseraError {
  readonly code = 'image_url_invalid';

  constructor(
    readonly url: string,
    rule: string,
    param: string,
  ) {
    super(`${rule}, given ${JSON.stringify(url.length > 80 ? `${url.slice(0, 80)}...` : url)}`, { param });
  }
}

/** A request names a file as its image that was never uploaded, or is gone. */
export class FileImageNotFoundError extends TesseraError {
  readonly code = 'image_not_found';

  constructor(
    readonly fileId: string,
    param: string,
  ) {
    super(`${param}: no file has the id ${fileId}`, { param });
  }
}

export class UploadTooLargeError extends TesseraError {
  readonly code = 'image_too_large';

  /** @param givenBytes unknown for an upload: reading stops where the limit is passed */
  constructor(
    readonly limitBytes: number,
    readonly givenBytes: number | undefined,
    param: string,
  ) {
    const given = givenBytes === undefined ? 'given more' : `given ${givenBytes}`;
    super(`${param}: an image may have at most ${limitBytes} bytes, ${given}`, { param });
  }
}
