import { TesseraError } from '@tessera/contracts';

/** What one picture's resize may take; LIMIT_PAGES of assembly/memory.ts. */
const WORKING_MEMORY = '1 GiB';

/** A side of the picture is so long that resizing it takes more memory than allowed. */
export class ImageTooWideToResizeError extends TesseraError {
  readonly code = 'image_too_many_pixels';
  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    super(
      `resizing an image may take ${WORKING_MEMORY} of memory; one of ${width} x ${height} pixels takes more, ` +
        'because of its long side: send it in parts',
    );
  }
}

/** A thread that cuts pictures into tiles is gone. */
export class TilingThreadError extends TesseraError {
  readonly code = 'internal_error';
  constructor(
    readonly reason: string,
    options: { cause?: unknown } = {},
  ) {
    super(`the thread that cuts images into tiles cannot go on: ${reason}`, options);
  }
}

/** The tiler has been disposed of. */
export class TilerDisposedError extends TesseraError {
  readonly code = 'internal_error';
  constructor() {
    super('images can no longer be cut into tiles: the tiler has been disposed of');
  }
}

/** The pixels of an image are not as many as its plan says. */
export class PixelCountError extends TesseraError {
  readonly code = 'internal_error';
  constructor(
    readonly bytesNeeded: number,
    readonly bytesGiven: number,
  ) {
    super(`the pixels of this image are ${bytesNeeded} bytes by its plan; ${bytesGiven} were given`);
  }

  override get retryable(): boolean {
    return false;
  }
}
