import { TesseraError } from '@tessera/contracts';

/** A line of an input file has more bytes than allowed. */
export class LineTooLongError extends TesseraError {
  readonly code = 'request_too_large';
  constructor(
    /** Counted from 1. */
    readonly line: number,
    readonly limitBytes: number,
  ) {
    super(`a line may have at most ${limitBytes} bytes, line ${line} has more`);
  }
}

/** The rows of an input file are not what they were when it was validated. */
export class InputChangedError extends TesseraError {
  readonly code = 'internal_error';
  constructor(
    readonly inputKey: string,
    readonly expected: string,
    readonly found: string,
  ) {
    super(`the input ${inputKey} has changed since it was validated: expected ${expected}, found ${found}`);
  }
}

/** An object of a batch in the store does not hold what this version writes. */
export class BatchObjectInvalidError extends TesseraError {
  readonly code = 'internal_error';
  constructor(
    readonly key: string,
    cause: unknown,
  ) {
    super(`the object ${key} cannot be read: another version wrote it, or it is damaged`, { cause });
  }
}
