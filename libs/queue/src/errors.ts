import { TesseraError } from '@tessera/contracts';

/** Redis could not be reached, or refused or did not answer a command. Whether the command took effect is unknown. */
export class RedisUnavailableError extends TesseraError {
  readonly code = 'service_unavailable';
  constructor(
    /** What was being done, as in "create the job". */
    readonly action: string,
    cause: unknown,
  ) {
    super(`Redis failed to ${action}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** A list was asked to go on after something that does not exist. */
export class UnknownCursorError extends TesseraError {
  readonly code = 'invalid_value';
  constructor(
    readonly cursor: string,
    /** What is listed, as in "an existing job". */
    kind: 'job' | 'file' | 'batch' | 'key' | 'delivery' | 'webhook endpoint' = 'job',
  ) {
    super(`after must be the id of an existing ${kind}, and ${JSON.stringify(cursor)} is none`, {
      param: 'after',
    });
  }
}

/** A record does not have the fields that this version writes. */
export class RecordInvalidError extends TesseraError {
  readonly code = 'internal_error';
  constructor(
    readonly kind: 'job' | 'batch' | 'file' | 'key' | 'webhook endpoint' | 'webhook delivery',
    cause: unknown,
  ) {
    super(`the record of a ${kind} cannot be read: another version wrote it, or it is damaged`, { cause });
  }

  override get retryable(): boolean {
    return false;
  }
}
