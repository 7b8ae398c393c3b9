import { type AddedTokens } from './added-tokens.js';
import { UnknownPromptTokenError } from './errors.js';
import { type Segment } from './split-added-tokens.js';
import { type PromptPiece } from './tokenizer.js';

/**
 * The pieces of a prompt as segments: neighbouring texts are one, empty ones are none.
 * @throws UnknownPromptTokenError when a piece names a token that is not an added token.
 */
export function segmentsOfPieces(pieces: readonly PromptPiece[], addedTokens: AddedTokens): Segment[] {
  const segments: Segment[] = [];
  let text = '';
  const closeText = (): void => {
    if (text !== '') segments.push({ text, added: false });
    text = '';
  };
  for (const piece of pieces) {
    if (piece.kind === 'text') {
      text += piece.text;
      continue;
    }
    if (addedTokens.idOf(piece.token) === undefined) throw new UnknownPromptTokenError(piece.token);
    closeText();
    segments.push({ text: piece.token, added: true });
  }
  closeText();
  return segments;
}
