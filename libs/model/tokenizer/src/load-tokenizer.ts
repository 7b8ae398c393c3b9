import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { TokenizerNotFoundError } from './errors.js';
import { loadQwen2Tokenizer } from './qwen2/load-qwen2-tokenizer.js';
import { loadSentencePieceTokenizer } from './sentencepiece/load-sentencepiece-tokenizer.js';
import { loadFastTokenizer } from './tokenizer-json/load-fast-tokenizer.js';
import { type Tokenizer } from './tokenizer.js';

/** One form in which checkpoints bring their tokenizer. */
interface TokenizerForm {
  /** All of these must be in the directory. */
  readonly files: readonly string[];
  readonly load: (directory: string) => Promise<Tokenizer>;
}

/** In order of preference. */
const FORMS: readonly TokenizerForm[] = [
  { files: ['tokenizer.json'], load: loadFastTokenizer },
  { files: ['tokenizer.model'], load: loadSentencePieceTokenizer },
  { files: ['vocab.json', 'merges.txt'], load: loadQwen2Tokenizer },
];

/** The files that a tokenizer consists of; a checkpoint has some of them. */
export const TOKENIZER_FILES = [
  'tokenizer.json',
  'tokenizer.model',
  'vocab.json',
  'merges.txt',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
] as const;

/**
 * Loads the tokenizer of a checkpoint directory, to encode and decode as the reference's does: the fast tokenizer
 * where there is a tokenizer.json, else the slow one.
 * @throws TokenizerNotFoundError when no known set of files is there.
 * @throws DamagedTokenizerFileError when a file cannot be read as what it should be.
 * @throws UnsupportedTokenizerError when the tokenizer asks for something that is not implemented.
 */
export async function loadTokenizer(directory: string): Promise<Tokenizer> {
  for (const form of FORMS) {
    if (await hasAll(directory, form.files)) return form.load(directory);
  }
  throw new TokenizerNotFoundError(
    directory,
    FORMS.map((form) => form.files.join(' with ')),
  );
}

async function hasAll(directory: string, files: readonly string[]): Promise<boolean> {
  const found = await Promise.all(
    files.map((file) =>
      access(join(directory, file)).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.every(Boolean);
}
