import { TesseraError } from '@tessera/contracts';

/** Base of everything that goes wrong between here and the hub, and may go right a moment later. */
export abstract class TransientHubError extends TesseraError {
  readonly code = 'service_unavailable';
  /** What the hub asks to wait. */
  readonly retryAfterMs: number | undefined = undefined;
}

/** No name, no connection, or one that broke or fell silent. */
export class HubUnreachableError extends TransientHubError {
  constructor(
    readonly host: string,
    cause: unknown,
  ) {
    super(`${host} could not be reached: ${describeCause(cause)}`, { cause });
  }
}

/** The hub, or the store that it sends us to, cannot answer now. */
export class HubBusyError extends TransientHubError {
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
export class BrokenTransferError extends TransientHubError {
  constructor(
    readonly file: string,
    readonly reason: string,
  ) {
    super(`the transfer of ${file} broke off: ${reason}`);
  }
}

/** The hub keeps the repository from us, or has none of this name: it does not always tell which. */
export class RepositoryAccessError extends TesseraError {
  readonly code = 'model_not_found';
  constructor(
    readonly repository: string,
    readonly endpoint: string,
    readonly status: number,
    { hasToken, reason }: { hasToken: boolean; reason: string | undefined },
  ) {
    const remedy = hasToken
      ? `the account of the token given has no access; a gated model is asked for at ${endpoint}/${repository}`
      : 'a private or gated one needs the token of an account that has access, in HF_TOKEN or --token';
    super(
      `${endpoint} gives no access to ${repository} (HTTP ${status}${reason === undefined ? '' : `: ${reason}`}). ` +
        `If the name is right, it is private or gated: ${remedy}`,
    );
  }
}

/** The hub has no repository of this name. */
export class RepositoryNotFoundError extends TesseraError {
  readonly code = 'model_not_found';
  constructor(
    readonly repository: string,
    readonly endpoint: string,
  ) {
    super(`${endpoint} has no model ${repository}; names are OWNER/NAME, as in the address of its page`);
  }
}

/** The repository is there, the branch, tag or commit is not. */
export class RevisionNotFoundError extends TesseraError {
  readonly code = 'model_not_found';
  constructor(
    readonly repository: string,
    readonly revision: string,
  ) {
    super(`${repository} has no branch, tag or commit ${revision}`);
  }
}

/** What answers does not speak as a hub does, or refuses in a way that trying again cannot help. */
export class HubAnswerError extends TesseraError {
  readonly code = 'internal_error';
  constructor(
    readonly address: string,
    readonly reason: string,
    options: { cause?: unknown } = {},
  ) {
    super(`${address} did not answer as a model hub does: ${reason}`, options);
  }

  override get retryable(): boolean {
    return false;
  }
}

/** A name, address or token that cannot be used. */
export class HubOptionError extends TesseraError {
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

/** The repository holds no weights that can be converted. */
export class NotACheckpointError extends TesseraError {
  readonly code = 'invalid_request';
  constructor(
    readonly repository: string,
    readonly reason: string,
    options: { cause?: unknown } = {},
  ) {
    super(`${repository} is no checkpoint that Tessera reads: ${reason}`, options);
  }
}

/** A file arrived twice with other content than the hub lists. */
export class ChecksumMismatchError extends TesseraError {
  readonly code = 'internal_error';
  constructor(
    readonly file: string,
    readonly expected: string,
    readonly given: string,
  ) {
    super(
      `${file} arrived damaged, twice: expected ${expected}, given ${given}. ` +
        'The damaged copy is deleted; try again later, or from another HF_ENDPOINT',
    );
  }

  override get retryable(): boolean {
    return false;
  }
}

/** The target folder belongs to something else. */
export class TargetTakenError extends TesseraError {
  readonly code = 'invalid_request';
  constructor(
    readonly directory: string,
    readonly reason: string,
  ) {
    super(`${directory} ${reason}; choose another folder with -o, or --force to overwrite`);
  }
}

/** Another process downloads into the same folder. */
export class PullUnderWayError extends TesseraError {
  readonly code = 'invalid_request';
  constructor(
    readonly directory: string,
    readonly processId: number,
    options: { cause?: unknown } = {},
  ) {
    super(
      `process ${processId} is downloading into ${directory}; wait for it, or choose another folder`,
      options,
    );
  }
}

/** The checkpoint does not fit on the disk. */
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

function inGigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(2)} GB`;
}

/** Connection failures often come as an AggregateError without a message; their code says it all. */
function describeCause(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.message || ('code' in cause ? String(cause.code) : cause.name);
}
