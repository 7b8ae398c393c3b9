import { TesseraError } from '@tessera/contracts';

/** The place of a conversion is taken. */
export class OutputNotEmptyError extends TesseraError {
  readonly code = 'invalid_request';
  constructor(readonly directory: string) {
    super(`${directory} exists and is not empty; --force replaces a converted model`);
  }
}
