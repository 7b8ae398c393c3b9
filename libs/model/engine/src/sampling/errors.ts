import { TesseraError } from '@tessera/contracts';

/** A field of a request that says how tokens are chosen is out of its range. */
export class GenerationParameterError extends TesseraError {
  readonly code = 'invalid_value';
  constructor(
    readonly field: string,
    readonly limit: string,
    readonly given: unknown,
  ) {
    super(`${field} must be ${limit}; given ${String(given)}`, { param: field });
  }
}

/** The model computed logits among which no token can be drawn. */
export class LogitsNotFiniteError extends TesseraError {
  readonly code = 'engine_failed';
  constructor() {
    super('the model computed logits that are no numbers or infinite, so no token can be drawn');
  }
}
