import { TesseraError } from '@tessera/contracts';

/** The output has rows of a larger part of the source than the run is about, which would go. */
export class OutputLargerError extends TesseraError {
  readonly code = 'invalid_value';
  constructor(readonly uri: string) {
    super(
      `${uri} has rows of more of the source than this run is about; name another output, or overwrite it`,
    );
  }
}

/** What a run needs for its own use cannot be kept on this machine: a full disk, missing permissions. */
export class ScratchFailedError extends TesseraError {
  readonly code = 'internal_error';
  constructor(
    readonly folder: string,
    cause: unknown,
  ) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`the folder ${folder}, which a run needs for itself, cannot be written: ${reason}`, { cause });
  }
}
