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
