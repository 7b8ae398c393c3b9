import { TesseraError } from '@tessera/contracts';

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
