import { ConversionError } from './conversion-error.js';

/** The converted model does not fit where it should go. */
export class NotEnoughSpaceError extends ConversionError {
  constructor(
    readonly directory: string,
    readonly neededBytes: number,
    readonly availableBytes: number | undefined,
    options: { cause?: unknown } = {},
  ) {
    const available = availableBytes === undefined ? 'it is full' : `${availableBytes} are free`;
    super(
      `the converted model needs ${neededBytes} bytes in ${directory}, ${available}; free some space, or convert to int8 or int4`,
      options,
    );
  }
}

/** The output cannot be written, for another reason than space. */
export class OutputNotWritableError extends ConversionError {
  constructor(
    readonly directory: string,
    options: { cause: Error },
  ) {
    super(
      `${directory} cannot be written: ${options.cause.message}; choose an output directory in a place that you may write to`,
      options,
    );
  }
}

/** The output directory exists and holds something else than a converted model. */
export class OutputExistsError extends ConversionError {
  constructor(
    readonly directory: string,
    options: { cause?: unknown } = {},
  ) {
    super(
      `${directory} exists and is not a converted model; choose another output directory or remove it`,
      options,
    );
  }
}

/** The output would be deleted to be replaced, and the checkpoint is inside it. */
export class OutputContainsSourceError extends ConversionError {
  constructor(
    readonly directory: string,
    readonly source: string,
  ) {
    super(
      `${directory} holds the checkpoint ${source}, so it cannot be replaced; choose another output directory`,
    );
  }
}

/** A directory is not a converted model, or one of a format this version does not read. */
export class ManifestInvalidError extends ConversionError {
  constructor(
    readonly file: string,
    readonly reason: string,
    options: { cause?: unknown } = {},
  ) {
    super(`${file} is not a manifest of a converted model: ${reason}`, options);
  }
}
