import { ConversionError } from './conversion-error.js';

/** A directory that should be a checkpoint is none. */
export class CheckpointDirectoryError extends ConversionError {
  constructor(
    readonly directory: string,
    readonly reason: string,
    options: { cause?: unknown } = {},
  ) {
    super(`${directory} is no checkpoint: ${reason}`, options);
  }
}

/** `tessera model pull` has not got all of a checkpoint yet. */
export class CheckpointIncompleteError extends ConversionError {
  constructor(
    readonly directory: string,
    readonly repository: string,
  ) {
    super(
      `the download of ${repository} into ${directory} is not complete; run tessera model pull ${repository} again, it continues`,
    );
  }
}

/** A file of the checkpoint is absent. */
export class CheckpointFileMissingError extends ConversionError {
  constructor(
    readonly file: string,
    readonly reason: string,
    options: { cause?: unknown } = {},
  ) {
    super(`checkpoint file ${file} is missing: ${reason}`, options);
  }
}

/** A file of the checkpoint is not what its format promises. */
export class CheckpointFileInvalidError extends ConversionError {
  constructor(
    readonly file: string,
    readonly reason: string,
    options: { cause?: unknown } = {},
  ) {
    super(`${file} cannot be used: ${reason}`, options);
  }
}

/** A directory is neither a checkpoint nor a converted model. */
export class NotAModelError extends ConversionError {
  constructor(readonly directory: string) {
    super(
      `${directory} is no model: it has neither the config.json of a checkpoint nor the tessera.json of a converted model`,
    );
  }
}
