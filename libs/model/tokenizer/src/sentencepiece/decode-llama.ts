import { cleanUp } from '../clean-up.js';
import { type DecodedToken } from './llama-text-stream.js';
import { type PieceTextDecoder } from './piece-text-decoder.js';
import { withoutSpaceSymbol } from './run-decoder.js';
import { type RunStyle } from './run-style.js';

export interface LlamaDecodeContext {
  readonly newDecoder: () => PieceTextDecoder;
  readonly style: RunStyle;
  /** Whether a special token, like any other added token, ends a run of pieces. */
  readonly standsAlone: (special: string) => boolean;
}

/**
 * Text of tokens, special ones included where `tokens` has them, after transformers 4.37.2 (`_decode` of
 * tokenization_utils.py, `convert_tokens_to_string` of tokenization_llama.py and tokenization_internlm2.py): runs of pieces and tokens that stand
 * alone, joined by single spaces.
 */
export function decodeWithSpecialTokens(
  tokens: readonly DecodedToken[],
  context: LlamaDecodeContext,
): string {
  const texts: string[] = [];
  let run: DecodedToken[] = [];
  for (const token of tokens) {
    if (token.kind === 'piece' || (token.kind === 'special' && !context.standsAlone(token.text))) {
      run.push(token);
      continue;
    }
    const runText = run.length > 0 ? decodeRun(run, context) : '';
    if (runText !== '') texts.push(runText);
    texts.push(token.text);
    run = [];
  }
  if (run.length > 0) texts.push(decodeRun(run, context));
  return texts.join(' ');
}

/** A space goes before the pieces that precede a special token, not between them and it: the reference does so. */
function decodeRun(run: readonly DecodedToken[], context: LlamaDecodeContext): string {
  const { style } = context;
  let text = '';
  let pieces: string[] = [];
  let previousIsSpecial = false;
  for (const [index, token] of run.entries()) {
    const tokenText =
      index === 0 && style.dropsFirstSpaceSymbol ? withoutSpaceSymbol(token.text) : token.text;
    if (token.kind !== 'special') {
      pieces.push(tokenText);
      previousIsSpecial = false;
      continue;
    }
    if (!previousIsSpecial && style.hasSpaceBeforeSpecial(index)) text += ' ';
    text += decodePieces(pieces, context) + tokenText;
    pieces = [];
    previousIsSpecial = true;
  }
  text += decodePieces(pieces, context);
  return style.cleansUp ? cleanUp(text) : text;
}

function decodePieces(pieces: readonly string[], context: LlamaDecodeContext): string {
  const decoder = context.newDecoder();
  return pieces.map((piece) => decoder.push(piece)).join('') + decoder.end();
}
