import { TesseraError } from '@tessera/contracts';

/** Base of everything that makes a checkpoint impossible to convert: a permanent fault of the input. */
export abstract class ConversionError extends TesseraError {
  readonly code = 'invalid_request';
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
    super(`${file} cannot be read: ${reason}`, options);
  }
}

/** The weights lack a tensor that the architecture needs. */
export class TensorMissingError extends ConversionError {
  constructor(
    readonly tensor: string,
    readonly directory: string,
  ) {
    super(`${directory} has no tensor ${tensor}, which the architecture of its config.json needs`);
  }
}

/** A tensor has another shape than the configuration says. */
export class TensorMismatchError extends ConversionError {
  constructor(
    readonly tensor: string,
    readonly expected: readonly number[],
    readonly given: readonly number[],
  ) {
    super(
      `tensor ${tensor} should have shape [${expected.join(', ')}] by config.json, it has [${given.join(', ')}]`,
    );
  }
}

/** The architecture, or an option of it, is one that the converter does not know. */
export class UnsupportedArchitectureError extends ConversionError {
  constructor(
    readonly setting: string,
    readonly given: string,
    readonly supported: string,
  ) {
    super(`${setting} is ${given}; supported: ${supported}`);
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

/** A directory is neither a checkpoint nor a converted model. */
export class NotAModelError extends ConversionError {
  constructor(readonly directory: string) {
    super(
      `${directory} is no model: it has neither the config.json of a checkpoint nor the tessera.json of a converted model`,
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
