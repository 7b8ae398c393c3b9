import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { assembleAddedTokens } from '../assemble-added-tokens.js';
import { DamagedTokenizerFileError, UnsupportedTokenizerError } from '../errors.js';
import { readTokenizerJsonFiles, type TokenizerConfig } from '../tokenizer-config.js';
import { type Tokenizer } from '../tokenizer.js';
import { LlamaTokenizer } from './llama-tokenizer.js';
import { readSentencePieceModel, type SentencePieceModel } from './read-model.js';
import { Vocabulary } from './vocabulary.js';

const TOKENIZER_CLASSES: ReadonlySet<string> = new Set(['LlamaTokenizer', 'LlamaTokenizerFast']);

/** Loads `tokenizer.model` with the JSON files beside it, as transformers' slow LlamaTokenizer. */
export async function loadLlamaTokenizer(directory: string): Promise<Tokenizer> {
  const files = await readTokenizerJsonFiles(directory);
  const { model, vocabulary } = await readModelFile(join(directory, 'tokenizer.model'));
  const unsupported = unsupportedFeature(files.config, model);
  if (unsupported !== undefined) throw new UnsupportedTokenizerError(directory, unsupported);
  const { addedTokens, named } = assembleAddedTokens(
    files,
    { size: vocabulary.size, piece: (id) => vocabulary.piece(id) },
    { bos_token: '<s>', eos_token: '</s>', unk_token: '<unk>' },
  );
  return new LlamaTokenizer({
    model,
    vocabulary,
    addedTokens,
    unknownToken: named('unk_token') ?? '',
    bosTokenId: addedTokens.idOf(named('bos_token') ?? ''),
    addBos: files.config.add_bos_token ?? true,
    eosTokenId: addedTokens.idOf(named('eos_token') ?? ''),
    addEos: files.config.add_eos_token ?? false,
    legacy: files.config.legacy ?? true,
  });
}

async function readModelFile(path: string): Promise<{ model: SentencePieceModel; vocabulary: Vocabulary }> {
  const bytes = await readFile(path);
  try {
    const model = readSentencePieceModel(bytes);
    return { model, vocabulary: new Vocabulary(model) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DamagedTokenizerFileError(path, `no SentencePiece model: ${reason}`, error);
  }
}

/** The first thing that the files ask for and this code does not do. */
function unsupportedFeature(config: TokenizerConfig, model: SentencePieceModel): string | undefined {
  const tokenizerClass = config.tokenizer_class;
  if (tokenizerClass !== undefined && !TOKENIZER_CLASSES.has(tokenizerClass)) {
    return `tokenizer class ${tokenizerClass}`;
  }
  if (config.clean_up_tokenization_spaces === true) return 'clean_up_tokenization_spaces';
  if (model.algorithm !== 'bpe') return `SentencePiece algorithm ${model.algorithm}`;
  if (model.normalizer.hasCharacterMap || model.hasDenormalizer) return 'a SentencePiece character map';
  if (model.treatWhitespaceAsSuffix) return 'SentencePiece treat_whitespace_as_suffix';
  return undefined;
}
