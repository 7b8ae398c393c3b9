import { TesseraError } from '@tessera/contracts';

/** The output cannot be read or written: a full disk, missing permissions. */
export class OutputFailedError extends TesseraError {
  readonly code = 'internal_error';
  constructor(
    readonly path: string,
    readonly reason: string,
    options: { cause?: unknown } = {},
  ) {
    super(`${path} cannot be written: ${reason}`, options);
  }
}
