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

/** The index of a sharded checkpoint promises a tensor in a file that does not have it. */
export class TensorNotInShardError extends ConversionError {
  constructor(
    readonly tensor: string,
    readonly file: string,
  ) {
    super(`${file} lacks tensor ${tensor}, which the index promises there; download that file again`);
  }
}

/** A tensor has another shape than the configuration says. */
export class TensorMismatchError extends ConversionError {
  constructor(
    readonly tensor: string,
    readonly expected: readonly number[],
    readonly given: readonly number[],
    readonly file: string,
  ) {
    super(
      `tensor ${tensor} in ${file} should have shape [${expected.join(', ')}] by config.json, it has [${given.join(', ')}]`,
    );
  }
}

/** A tensor holds infinity or no number at all: a damaged file, or a training run that went wrong. */
export class TensorNotFiniteError extends ConversionError {
  constructor(
    readonly tensor: string,
    readonly file: string,
    readonly index: number,
  ) {
    super(
      `tensor ${tensor} in ${file} is not finite at value ${index}: the file is damaged or the training diverged; compare its checksum with the source's`,
    );
  }
}

/** A weight does not fit the number format that was asked for. */
export class WeightOutOfRangeError extends ConversionError {
  constructor(
    readonly tensor: string,
    readonly format: string,
  ) {
    super(
      `tensor ${tensor} has values that ${format} cannot hold (beyond 65,504); convert to fp32, int8 or int4`,
    );
  }
}

/** The checkpoint has tensors that nothing would read: it is of another kind than its configuration says. */
export class UnexpectedTensorsError extends ConversionError {
  constructor(
    readonly tensors: readonly string[],
    readonly directory: string,
    explanation: string,
  ) {
    const first = tensors.slice(0, 3).join(', ');
    const more = tensors.length > 3 ? ` and ${tensors.length - 3} more` : '';
    super(`${directory} has tensors that would be left out: ${first}${more}. ${explanation}`);
  }
}

/** A choice of number formats that does not exist or does not go together. */
export class InvalidWeightOptionError extends ConversionError {
  constructor(
    readonly option: string,
    readonly given: string,
    readonly supported: string,
  ) {
    super(`${option} is ${given}; it must be ${supported}`);
  }
}

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
