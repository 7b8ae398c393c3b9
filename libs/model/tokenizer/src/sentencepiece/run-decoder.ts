import { TextCleaner } from '../clean-up.js';
import { type PieceTextDecoder } from './piece-text-decoder.js';
import { type RunStyle } from './run-style.js';
import { SPACE_SYMBOL } from './vocabulary.js';

/** The text of a run of pieces without special tokens, piece by piece. */
export class RunDecoder {
  readonly #pieces: PieceTextDecoder;
  readonly #style: RunStyle;
  readonly #cleaner: TextCleaner | undefined;
  #isFirst = true;

  constructor(pieces: PieceTextDecoder, style: RunStyle) {
    this.#pieces = pieces;
    this.#style = style;
    this.#cleaner = style.cleansUp ? new TextCleaner() : undefined;
  }

  /** Adds a piece by its spelling. Returns the text that became certain. */
  push(piece: string): string {
    const isStripped = this.#isFirst && this.#style.dropsFirstSpaceSymbol;
    this.#isFirst = false;
    const text = this.#pieces.push(isStripped ? withoutSpaceSymbol(piece) : piece);
    return this.#cleaner === undefined ? text : this.#cleaner.push(text);
  }

  end(): string {
    const text = this.#pieces.end();
    return this.#cleaner === undefined ? text : this.#cleaner.push(text) + this.#cleaner.end();
  }
}

export function withoutSpaceSymbol(text: string): string {
  return text.startsWith(SPACE_SYMBOL) ? text.slice(SPACE_SYMBOL.length) : text;
}
