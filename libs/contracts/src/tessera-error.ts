import { ERROR_CODES, type ErrorCode } from './error-codes.js';

/**
 * Base of every error that may reach a client. One subclass per situation, with the facts as fields.
 * The message names the rule, the limit and the value given.
 */
export abstract class TesseraError extends Error {
  abstract readonly code: ErrorCode;
  /** The request field at fault, as the client wrote it (`messages.0.content`), where there is one. */
  readonly param: string | undefined;

  constructor(message: string, options: { param?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.param = options.param;
  }

  /** Whether the same work may succeed when tried again. */
  get retryable(): boolean {
    return ERROR_CODES[this.code].retryable;
  }
}
