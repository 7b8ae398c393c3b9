import { ConversionError } from './conversion-error.js';

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
