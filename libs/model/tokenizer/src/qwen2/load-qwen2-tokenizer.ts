import { join } from 'node:path';
import { assembleAddedTokens } from '../assemble-added-tokens.js';
import { BYTE_CHARACTERS } from '../bpe/byte-alphabet.js';
import { idTableSchema, vocabularyOf } from '../bpe/id-table.js';
import { DamagedTokenizerFileError, UnsupportedTokenizerError } from '../errors.js';
import { readJson, readTokenizerJsonFiles, type TokenizerConfig } from '../tokenizer-config.js';
import { type Tokenizer } from '../tokenizer.js';
import { Qwen2Tokenizer } from './qwen2-tokenizer.js';
import { readMerges } from './read-merges.js';

const TOKENIZER_CLASSES: ReadonlySet<string> = new Set(['Qwen2Tokenizer', 'Qwen2TokenizerFast']);
const BYTE_LEVEL = {
  alphabet: 'bytes',
  unknownToken: undefined,
  byteFallback: false,
  fusesUnknown: false,
  ignoresMerges: false,
} as const;
const END_OF_TEXT = '<|endoftext|>';

/** Loads `vocab.json` and `merges.txt` with the JSON files beside them, as transformers' slow Qwen2Tokenizer. */
export async function loadQwen2Tokenizer(directory: string): Promise<Tokenizer> {
  const files = await readTokenizerJsonFiles(directory);
  const unsupported = unsupportedFeature(files.config);
  if (unsupported !== undefined) throw new UnsupportedTokenizerError(directory, unsupported);
  const vocabulary = await readVocabulary(join(directory, 'vocab.json'));
  const merges = await readMerges({
    path: join(directory, 'merges.txt'),
    // Written by transformers 4.46 and later.
    hasNumberSigns: files.config.extra_special_tokens !== undefined,
  });
  const tokenById = new Map([...vocabulary].map(([token, id]) => [id, token]));
  const { addedTokens, named } = assembleAddedTokens(
    files,
    { size: vocabulary.size, piece: (id) => textOf(tokenById.get(id)) },
    { eos_token: END_OF_TEXT, unk_token: END_OF_TEXT, pad_token: END_OF_TEXT },
  );
  const bosTokenId = addedTokens.idOf(named('bos_token') ?? '');
  const bpe = { ...BYTE_LEVEL, vocabulary, merges };
  try {
    return new Qwen2Tokenizer({ bpe, tokenById, addedTokens, bosTokenId });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new DamagedTokenizerFileError(join(directory, 'merges.txt'), error.message, error);
  }
}

async function readVocabulary(path: string): Promise<ReadonlyMap<string, number>> {
  const vocabulary = vocabularyOf((await readJson(path, idTableSchema)) ?? {});
  const missing = BYTE_CHARACTERS.findIndex((character) => !vocabulary.has(character));
  if (missing >= 0) throw new DamagedTokenizerFileError(path, `it has no token for the byte ${missing}`);
  return vocabulary;
}

function textOf(text: string | undefined): { readonly text: string } | undefined {
  return text === undefined ? undefined : { text };
}

/** The first thing that the files ask for and this code does not do. */
function unsupportedFeature(config: TokenizerConfig): string | undefined {
  const tokenizerClass = config.tokenizer_class;
  if (tokenizerClass !== undefined && !TOKENIZER_CLASSES.has(tokenizerClass)) {
    return `tokenizer class ${tokenizerClass}`;
  }
  if (config.clean_up_tokenization_spaces === true) return 'clean_up_tokenization_spaces';
  if (config.split_special_tokens === true) return 'split_special_tokens';
  if (config.errors !== undefined && config.errors !== 'replace') return `errors=${config.errors}`;
  return undefined;
}
