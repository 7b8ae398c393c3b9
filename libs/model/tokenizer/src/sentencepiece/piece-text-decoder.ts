import { ByteRunDecoder } from './byte-run-decoder.js';
import { type SentencePieceModel } from './read-model.js';
import { byteOfPiece, SPACE_SYMBOL, type Vocabulary } from './vocabulary.js';

/**
 * SentencePiece's `Decode(pieces)`, piece by piece: byte runs become characters, space symbols become spaces, and
 * the one that stands at the very beginning (the dummy prefix) is dropped.
 * Source: `SentencePieceProcessor::Decode`, sentencepiece 0.2.
 */
export class PieceTextDecoder {
  readonly #vocabulary: Vocabulary;
  readonly #model: SentencePieceModel;
  readonly #bytes = new ByteRunDecoder();
  #hasText = false;
  #mayDropPrefix: boolean;

  constructor(vocabulary: Vocabulary, model: SentencePieceModel) {
    const { addDummyPrefix, removeExtraWhitespaces } = model.normalizer;
    this.#vocabulary = vocabulary;
    this.#model = model;
    this.#mayDropPrefix = addDummyPrefix || removeExtraWhitespaces;
  }

  /** Adds a piece by its spelling. Returns the text that became certain. */
  push(text: string): string {
    const id = this.#vocabulary.find(text) ?? this.#vocabulary.unknownId;
    const piece = this.#vocabulary.piece(id);
    const byte = piece === undefined ? undefined : byteOfPiece(piece);
    if (byte !== undefined) return this.#emit(this.#bytes.push(byte));
    const held = this.#emit(this.#bytes.end());
    return held + this.#emit(this.#textOf(text, id));
  }

  end(): string {
    return this.#emit(this.#bytes.end());
  }

  #textOf(text: string, id: number): string {
    const piece = this.#vocabulary.piece(id);
    if (piece?.type === 'control') return '';
    if (piece?.type === 'unknown') return text === piece.text ? this.#model.unknownSurface : text;
    return this.#withoutPrefix(text).replaceAll(SPACE_SYMBOL, ' ');
  }

  #withoutPrefix(text: string): string {
    if (!this.#mayDropPrefix || this.#hasText || !text.startsWith(SPACE_SYMBOL)) return text;
    // With removeExtraWhitespaces all leading space symbols go, else only the first.
    if (!this.#model.normalizer.removeExtraWhitespaces) this.#mayDropPrefix = false;
    return text.slice(SPACE_SYMBOL.length);
  }

  #emit(text: string): string {
    if (text !== '') this.#hasText = true;
    return text;
  }
}
