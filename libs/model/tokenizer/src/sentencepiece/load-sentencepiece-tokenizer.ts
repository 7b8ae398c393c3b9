import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { assembleAddedTokens } from '../assemble-added-tokens.js';
import { DamagedTokenizerFileError, UnsupportedTokenizerError } from '../errors.js';
import { readTokenizerJsonFiles, type TokenizerConfig } from '../tokenizer-config.js';
import { type Tokenizer } from '../tokenizer.js';
import { LlamaTokenizer } from './llama-tokenizer.js';
import { readSentencePieceModel, type SentencePieceModel } from './read-model.js';
import { INTERNLM2_RUN_STYLE, llamaRunStyle } from './run-style.js';
import { Vocabulary } from './vocabulary.js';

const LLAMA_CLASSES: ReadonlySet<string> = new Set(['LlamaTokenizer', 'LlamaTokenizerFast']);
const INTERNLM2_CLASS = 'InternLM2Tokenizer';

/** Loads `tokenizer.model` with the JSON files beside it, as the slow LlamaTokenizer or InternLM2Tokenizer. */
export async function loadSentencePieceTokenizer(directory: string): Promise<Tokenizer> {
  const files = await readTokenizerJsonFiles(directory);
  const { model, vocabulary } = await readModelFile(join(directory, 'tokenizer.model'));
  const unsupported = unsupportedFeature(files.config, model);
  if (unsupported !== undefined) throw new UnsupportedTokenizerError(directory, unsupported);
  const isInternLm2 = files.config.tokenizer_class === INTERNLM2_CLASS;
  const { addedTokens, named } = assembleAddedTokens(
    files,
    { size: vocabulary.size, piece: (id) => vocabulary.piece(id) },
    { bos_token: '<s>', eos_token: '</s>', unk_token: '<unk>', ...(isInternLm2 && { pad_token: '</s>' }) },
  );
  const legacy = isInternLm2 || (files.config.legacy ?? true);
  // InternLM2Tokenizer frames a text with the model's own control pieces, whatever the named tokens are.
  const frameId = (name: 'bos_token' | 'eos_token', piece: string): number | undefined =>
    isInternLm2 ? vocabulary.controlId(piece) : addedTokens.idOf(named(name) ?? '');
  return new LlamaTokenizer({
    model,
    vocabulary,
    addedTokens,
    unknownToken: named('unk_token') ?? '',
    bosTokenId: frameId('bos_token', model.beginningPiece),
    addBos: files.config.add_bos_token ?? true,
    eosTokenId: frameId('eos_token', model.endPiece),
    addEos: files.config.add_eos_token ?? false,
    legacy,
    runStyle: isInternLm2 ? INTERNLM2_RUN_STYLE : llamaRunStyle(legacy),
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
  if (tokenizerClass !== undefined && !isKnownClass(tokenizerClass)) {
    return `tokenizer class ${tokenizerClass}`;
  }
  if (config.clean_up_tokenization_spaces === true) return 'clean_up_tokenization_spaces';
  if (config.split_special_tokens === true) return 'split_special_tokens';
  if (model.algorithm !== 'bpe') return `SentencePiece algorithm ${model.algorithm}`;
  if (model.normalizer.hasCharacterMap || model.hasDenormalizer) return 'a SentencePiece character map';
  if (model.treatWhitespaceAsSuffix) return 'SentencePiece treat_whitespace_as_suffix';
  return undefined;
}

function isKnownClass(tokenizerClass: string): boolean {
  return LLAMA_CLASSES.has(tokenizerClass) || tokenizerClass === INTERNLM2_CLASS;
}
