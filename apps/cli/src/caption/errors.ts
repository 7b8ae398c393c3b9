import { TesseraError } from '@tessera/contracts';

/** A file of `--prompt-file` cannot be read. */
export class PromptFileError extends TesseraError {
  readonly code = 'invalid_request';
  constructor(
    readonly path: string,
    readonly reason: string,
    options: { cause?: unknown } = {},
  ) {
    super(`the prompt in ${path} cannot be read: ${reason}`, options);
  }
}

/** Another run writes this output. */
export class OutputInUseError extends TesseraError {
  readonly code = 'invalid_request';
  constructor(
    readonly path: string,
    readonly pid: number,
    options: { cause?: unknown } = {},
  ) {
    super(`${path} is being written by process ${pid}; wait for it, or choose another output`, options);
  }
}

/** The engine fails on every image, so it is not the images' fault. */
export class EngineUnusableError extends TesseraError {
  readonly code = 'engine_failed';
  constructor(
    readonly failureCount: number,
    options: { cause: Error },
  ) {
    super(
      `the engine failed on ${failureCount} images one after the other, last with: ${options.cause.message}; ` +
        'their rows are failed, ask them again with --retry-failed',
      options,
    );
  }
}

/** `--fail-on-error`: the run is complete, but not every row has a caption. */
export class RowsFailedError extends TesseraError {
  readonly code = 'invalid_request';
  constructor(readonly failureCount: number) {
    super(`${failureCount} rows or folders failed (--fail-on-error)`);
  }
}
