import { TesseraError } from '@tessera/contracts';
import { toPrintableLine } from './printable-text.js';

/**
 * Base of everything that makes a checkpoint impossible to convert: a permanent fault of the input. Messages quote names
 * and values of foreign files, so each is brought to one printable line of bounded length.
 */
export abstract class ConversionError extends TesseraError {
  readonly code = 'invalid_request';

  constructor(message: string, options: { cause?: unknown } = {}) {
    super(toPrintableLine(message), options);
  }
}

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

/** The tokenizer lacks a token that every prompt of the model has. */
export class TokenMissingError extends ConversionError {
  constructor(
    readonly token: string,
    readonly directory: string,
    readonly template: string,
  ) {
    super(
      `the tokenizer in ${directory} has no token ${JSON.stringify(token)}, which prompts of chat template ${template} need; take all tokenizer files (added_tokens.json too) from one download`,
    );
  }
}

/** The tokenizer gives a token an id that the embedding table has no row for. */
export class TokenOutsideVocabularyError extends ConversionError {
  constructor(
    readonly token: string,
    readonly tokenId: number,
    readonly vocabularySize: number,
    readonly directory: string,
  ) {
    super(
      `the tokenizer in ${directory} gives ${JSON.stringify(token)} the id ${tokenId}, the embedding table has ${vocabularySize} rows; take tokenizer and weights from one download`,
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
    super(`${setting} in config.json is ${given}; supported: ${supported}`);
  }
}

/** A checkpoint brings a chat template that writes other prompts than the released models do. */
export class UnsupportedChatTemplateError extends ConversionError {
  constructor(
    readonly directory: string,
    readonly given: string,
    readonly expected: string,
    options: { cause?: unknown } = {},
  ) {
    super(
      `the chat template in ${directory} ${given}, the released models write ${expected}; put their chat_template.jinja there if the model was trained with it`,
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
