import { TesseraError } from '@tessera/contracts';

/** Base of everything that goes wrong between here and a server, and may go right a moment later. */
export abstract class TransientTransferError extends TesseraError {
  readonly code = 'service_unavailable';
  /** What the server asks to wait. */
  readonly retryAfterMs: number | undefined = undefined;
}

/** No name, no connection, or one that broke or fell silent. */
export class HostUnreachableError extends TransientTransferError {
  constructor(
    readonly host: string,
    cause: unknown,
  ) {
    super(`${host} could not be reached: ${describeCause(cause)}`, { cause });
  }
}

/** The server, or the one that it sends us to, cannot answer now. */
export class HostBusyError extends TransientTransferError {
  constructor(
    readonly host: string,
    readonly status: number,
    override readonly retryAfterMs: number | undefined,
  ) {
    const wait = retryAfterMs === undefined ? '' : ` and asks to wait ${Math.ceil(retryAfterMs / 1000)} s`;
    super(`${host} answered with HTTP ${status}${wait}`);
  }
}

/** The answer ended, or began, elsewhere than it should. */
export class BrokenTransferError extends TransientTransferError {
  constructor(
    readonly file: string,
    readonly reason: string,
  ) {
    super(`the transfer of ${file} broke off: ${reason}`);
  }
}

/** What answers speaks another language, or refuses in a way that trying again cannot help. */
export class UnusableAnswerError extends TesseraError {
  readonly code = 'internal_error';
  constructor(
    readonly address: string,
    readonly reason: string,
    options: { cause?: unknown } = {},
  ) {
    super(`${address} gave an answer that cannot be used: ${reason}`, options);
  }

  override get retryable(): boolean {
    return false;
  }
}

/** A file arrived twice with other content than is listed. */
export class ChecksumMismatchError extends TesseraError {
  readonly code = 'internal_error';
  constructor(
    readonly file: string,
    readonly expected: string,
    readonly given: string,
  ) {
    super(
      `${file} arrived damaged, twice: expected ${expected}, given ${given}. ` +
        'The damaged copy is deleted; try again later, or from another server',
    );
  }

  override get retryable(): boolean {
    return false;
  }
}

/** The files do not fit on the disk. */
export class DiskTooSmallError extends TesseraError {
  readonly code = 'invalid_request';
  constructor(
    readonly directory: string,
    readonly neededBytes: number,
    readonly freeBytes: number,
  ) {
    super(
      `the disk of ${directory} is too small: ${inGigabytes(neededBytes)} are still to come, ` +
        `${inGigabytes(freeBytes)} are free; make room, or choose another folder with -o`,
    );
  }
}

/** The disk filled up meanwhile, or the file outgrew what the system grants. */
export class DiskFullError extends TesseraError {
  readonly code = 'invalid_request';
  constructor(
    readonly file: string,
    readonly reason: string,
    options: { cause?: unknown } = {},
  ) {
    super(
      `${file} cannot be written: ${reason}. What has arrived is kept; make room and run the same command again`,
      options,
    );
  }
}

/** An address or token that cannot be used. */
export class TransferOptionError extends TesseraError {
  readonly code = 'invalid_request';
  constructor(
    readonly option: string,
    readonly rule: string,
    /** Absent for secrets. */
    readonly given?: string,
  ) {
    super(`${option} ${rule}${given === undefined ? '' : `, given ${JSON.stringify(given)}`}`);
  }
}

function inGigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(2)} GB`;
}

/** Connection failures often come as an AggregateError without a message; their code says it all. */
function describeCause(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.message || ('code' in cause ? String(cause.code) : cause.name);
}
