import { join } from 'node:path';
import { DamagedTokenizerFileError, UnsupportedTokenizerError } from '../errors.js';
import { readJson, readTokenizerJsonFiles, type TokenizerJsonFiles } from '../tokenizer-config.js';
import { type Tokenizer } from '../tokenizer.js';
import { assembleAddedVocabulary, bosTokenOf } from './assemble-added-vocabulary.js';
import { bpePartsOf } from './bpe-parts.js';
import { UnknownComponentError } from './component.js';
import { decoderStepsOf } from './decoder.js';
import { FastTokenizer } from './fast-tokenizer.js';
import { Normalizer } from './normalizer.js';
import { frameOf } from './post-processor.js';
import { PreTokenizer } from './pre-tokenizer.js';
import { type TokenizerJson, tokenizerJsonSchema } from './schema.js';
import { tokenBytesOf } from './token-bytes.js';

/** Loads `tokenizer.json` with the JSON files beside it, as transformers' fast tokenizers. */
export async function loadFastTokenizer(directory: string): Promise<Tokenizer> {
  const path = join(directory, 'tokenizer.json');
  const json = await readJson(path, tokenizerJsonSchema);
  if (json === undefined) throw new DamagedTokenizerFileError(path, 'it is gone');
  const files = await readTokenizerJsonFiles(directory);
  if (files.config.split_special_tokens === true) {
    throw new UnsupportedTokenizerError(directory, 'split_special_tokens');
  }
  try {
    return fastTokenizerOf(json, files);
  } catch (error) {
    if (error instanceof UnknownComponentError) throw new UnsupportedTokenizerError(directory, error.feature);
    if (error instanceof RangeError) throw new DamagedTokenizerFileError(path, error.message, error);
    throw error;
  }
}

function fastTokenizerOf(json: TokenizerJson, files: TokenizerJsonFiles): FastTokenizer {
  const preTokenizer = new PreTokenizer(json.pre_tokenizer);
  const bpe = bpePartsOf(json.model, preTokenizer.alphabet);
  const addedVocabulary = assembleAddedVocabulary(json, files, bpe.vocabulary);
  return new FastTokenizer({
    bpe,
    addedVocabulary,
    normalizer: new Normalizer(json.normalizer),
    preTokenizer,
    frame: frameOf(json.post_processor),
    decoderSteps: decoderStepsOf(json.decoder),
    bytesOf: tokenBytesOf(json.decoder),
    cleansUp: files.config.clean_up_tokenization_spaces === true,
    bosTokenId: addedVocabulary.idOf(bosTokenOf(files) ?? ''),
  });
}
