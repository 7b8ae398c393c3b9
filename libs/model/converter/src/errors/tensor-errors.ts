import { ConversionError } from './conversion-error.js';

/** The weights lack a tensor that the architecture needs. */
export class TensorMissingError extends ConversionError {
  constructor(
    readonly tensor: string,
    readonly directory: string,
  ) {
    super(
      `${directory} has no tensor ${tensor}, which the architecture of its config.json needs; take weights and config.json from one download, complete`,
    );
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

/** Two tensors have one name, in one file or in two, so that it is unclear which one is meant. */
export class DuplicateTensorError extends ConversionError {
  constructor(
    readonly tensor: string,
    readonly files: readonly [string, string],
  ) {
    super(
      `tensor ${tensor} is stored twice, in ${files.join(' and in ')}; download the checkpoint again into an empty folder`,
    );
  }
}

/** A tensor that the architecture needs is stored in a number format that is not read. */
export class TensorTypeError extends ConversionError {
  constructor(
    readonly tensor: string,
    readonly dataType: string,
    readonly file: string,
  ) {
    super(
      `tensor ${tensor} in ${file} is ${dataType}; BF16, F16 and F32 are read: convert the checkpoint that this one was quantised or cast from`,
    );
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
      `tensor ${tensor} in ${file} should have shape [${expected.join(', ')}] by config.json, it has [${given.join(', ')}]; take weights and config.json from one download`,
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
    /** Where the first of them is. */
    readonly file: string,
    explanation: string,
  ) {
    const first = tensors.slice(0, 3).join(', ');
    const more = tensors.length > 3 ? ` and ${tensors.length - 3} more` : '';
    super(`${file} has tensors that would be left out: ${first}${more}. ${explanation}`);
  }
}
