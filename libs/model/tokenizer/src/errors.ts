import { TesseraError } from '@tessera/contracts';

/** A directory holds none of the file sets that a tokenizer can be loaded from. */
export class TokenizerNotFoundError extends TesseraError {
  readonly code = 'model_invalid';
  constructor(
    readonly directory: string,
    readonly expectedFiles: readonly string[],
  ) {
    super(`no tokenizer in ${directory}: expected ${expectedFiles.join(', or ')}`);
  }
}

/** A tokenizer file is there but cannot be read as what its name says. */
export class DamagedTokenizerFileError extends TesseraError {
  readonly code = 'model_invalid';
  constructor(
    readonly path: string,
    readonly reason: string,
    cause?: unknown,
  ) {
    super(`tokenizer file ${path} cannot be used: ${reason}`, { cause });
  }
}

/** The tokenizer asks for something that is not implemented, so its ids would differ from the reference. */
export class UnsupportedTokenizerError extends TesseraError {
  readonly code = 'model_invalid';
  constructor(
    readonly directory: string,
    readonly feature: string,
  ) {
    super(`the tokenizer in ${directory} needs ${feature}, which is not supported`);
  }
}

/** A prompt names a token that this tokenizer does not have, so template and checkpoint do not belong together. */
export class UnknownPromptTokenError extends TesseraError {
  readonly code = 'model_invalid';
  constructor(readonly token: string) {
    super(
      `the prompt needs the token ${JSON.stringify(token)}, which is not among the tokenizer's added tokens`,
    );
  }
}
