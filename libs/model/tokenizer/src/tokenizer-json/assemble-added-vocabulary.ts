import { contentOf, specialTokensOf } from '../assemble-added-tokens.js';
import { type TokenizerJsonFiles } from '../tokenizer-config.js';
import { AddedVocabulary } from './added-vocabulary.js';
import { type TokenizerJson } from './schema.js';

/**
 * The added tokens of a fast tokenizer, as transformers puts them together (`PreTrainedTokenizerFast.__init__`): those
 * of tokenizer.json, then `added_tokens_decoder` of tokenizer_config.json, whose flags win, then special tokens that
 * are in neither.
 * @throws RangeError when a token gets another id than its file says.
 */
export function assembleAddedVocabulary(
  json: TokenizerJson,
  files: TokenizerJsonFiles,
  base: ReadonlyMap<string, number>,
): AddedVocabulary {
  const vocabulary = new AddedVocabulary(base);
  const special = new Set(specialTokensOf(files).map(contentOf));
  const decoder = Object.entries(files.config.added_tokens_decoder ?? {}).map(([id, token]) => ({
    ...token,
    id: Number(id),
    special: token.special || special.has(token.content),
  }));
  for (const { id, single_word, ...token } of [...json.added_tokens, ...decoder]) {
    const added = vocabulary.add({ ...token, singleWord: single_word });
    if (added !== undefined && added !== id) {
      throw new RangeError(
        `the added token ${JSON.stringify(token.content)} has id ${id} where ${added} is due`,
      );
    }
  }
  for (const content of special) {
    if (vocabulary.idOf(content) === undefined) vocabulary.add({ ...PLAIN_SPECIAL, content });
  }
  return vocabulary;
}

/** Spelling of the beginning token. */
export function bosTokenOf(files: TokenizerJsonFiles): string | undefined {
  const token = files.config.bos_token ?? files.specialTokensMap?.bos_token;
  return token === null || token === undefined ? undefined : contentOf(token);
}

const PLAIN_SPECIAL = {
  lstrip: false,
  rstrip: false,
  singleWord: false,
  normalized: false,
  special: true,
} as const;
