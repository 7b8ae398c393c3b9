import { TesseraError } from '@tessera/contracts';

/** A precision that the converter does not write. */
export class UnsupportedPrecisionError extends TesseraError {
  readonly code = 'invalid_request';
  constructor(
    readonly given: string,
    readonly supported: readonly string[],
  ) {
    super(`--precision must be one of ${supported.join(', ')}, given ${given}`);
  }
}

/** The place of a conversion is taken. */
export class OutputNotEmptyError extends TesseraError {
  readonly code = 'invalid_request';
  constructor(readonly directory: string) {
    super(`${directory} exists and is not empty; --force replaces a converted model`);
  }
}
