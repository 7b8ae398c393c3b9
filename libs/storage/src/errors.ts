import { TesseraError } from '@tessera/contracts';

/** The key or prefix breaks the rules of {@link ObjectStore}. A mistake of the caller: trying again never helps. */
export class ObjectKeyInvalidError extends TesseraError {
  readonly code = 'internal_error';
  constructor(
    readonly key: string,
    readonly reason: string,
    options: { cause?: unknown } = {},
  ) {
    super(`${JSON.stringify(key)} is no object key: ${reason}`, options);
  }

  override get retryable(): boolean {
    return false;
  }
}

/** The store works, and holds no object with this key. */
export class ObjectNotFoundError extends TesseraError {
  readonly code = 'internal_error';
  constructor(
    readonly key: string,
    options: { cause?: unknown } = {},
  ) {
    super(`the object store holds nothing with the key ${key}`, options);
  }

  override get retryable(): boolean {
    return false;
  }
}

/** The range is none. A mistake of the caller: trying again never helps. */
export class ObjectRangeInvalidError extends TesseraError {
  readonly code = 'internal_error';
  constructor(
    readonly key: string,
    readonly range: { readonly start: number; readonly end?: number },
  ) {
    const { start, end } = range;
    super(
      `no range of ${key}: it must run from one whole number to the same or a larger one; this one is ${start} to ${end ?? 'the end'}`,
    );
  }

  override get retryable(): boolean {
    return false;
  }
}

export type ObjectStoreOperation =
  'open' | 'put' | 'get' | 'stat' | 'list' | 'delete' | 'deletePrefix' | 'presignDownload';

/** The store cannot do its work right now: disk full, permission lost, input or output failed, S3 out of reach. */
export class ObjectStoreUnavailableError extends TesseraError {
  readonly code = 'service_unavailable';
  constructor(
    readonly operation: ObjectStoreOperation,
    /** Key or prefix; the store's place for `open`. */
    readonly subject: string,
    cause: unknown,
    /** In words. */
    readonly reason: string = cause instanceof Error ? cause.message : String(cause),
  ) {
    super(`the object store failed at ${operation} of ${JSON.stringify(subject)}: ${reason}`, { cause });
  }
}
