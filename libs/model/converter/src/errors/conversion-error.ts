import { TesseraError } from '@tessera/contracts';
import { toPrintableLine } from '../printable-text.js';

/**
 * Base of everything that makes a checkpoint impossible to convert: a permanent fault of the input. Messages quote names
 * and values of foreign files, so each is brought to one printable line of bounded length.
 */
export abstract class ConversionError extends TesseraError {
  readonly code = 'invalid_request';

  constructor(message: string, options: { cause?: unknown } = {}) {
    super(toPrintableLine(message), options);
  }
}
