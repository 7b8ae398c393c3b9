import { findChatTemplate, IMAGE_BLOCK_TOKENS } from '@tessera/chat-template';
import { loadTokenizer } from '@tessera/tokenizer';
import { TokenMissingError, TokenOutsideVocabularyError } from './errors/index.js';
import { type ConversionPlan } from './plan-conversion.js';

/**
 * A model whose prompts cannot be written is of no use: every token of the chat template and of image blocks must be in
 * the checkpoint's tokenizer, with a row in the embedding table. Throws {@link TokenMissingError},
 * {@link TokenOutsideVocabularyError}, and the errors of loading a tokenizer and of finding a template.
 */
export async function refuseUnusableTokenizer(
  source: string,
  { template, decoder }: Pick<ConversionPlan, 'template' | 'decoder'>,
): Promise<void> {
  const { tokens, stopToken } = findChatTemplate(template);
  const tokenizer = await loadTokenizer(source);
  for (const token of new Set([...tokens, stopToken, ...IMAGE_BLOCK_TOKENS])) {
    const id = tokenizer.tokenId(token);
    if (id === undefined) throw new TokenMissingError(token, source, template);
    if (id >= decoder.vocabularySize) {
      throw new TokenOutsideVocabularyError(token, id, decoder.vocabularySize, source);
    }
  }
}
