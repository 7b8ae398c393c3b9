import { type TextStream } from '../tokenizer.js';
import { type RunDecoder } from './run-decoder.js';

/** What a token id is to a decoder. */
export type DecodedToken =
  | { readonly kind: 'special'; readonly text: string }
  | { readonly kind: 'added'; readonly text: string }
  | { readonly kind: 'piece'; readonly text: string };

/**
 * Detokenises an answer as transformers' slow SentencePiece tokenizers do with `skip_special_tokens`: runs of pieces are
 * decoded on their own, and a space stands between a run and an added token that is not special.
 */
export class LlamaTextStream implements TextStream {
  readonly #tokenOf: (id: number) => DecodedToken | undefined;
  readonly #newRun: () => RunDecoder;
  /** The run under way; undefined before its first piece. */
  #run: RunDecoder | undefined;
  #runHasText = false;
  /** Whether something precedes the run, so that its first text needs a space before it. */
  #hasPrecedent = false;

  constructor(tokenOf: (id: number) => DecodedToken | undefined, newRun: () => RunDecoder) {
    this.#tokenOf = tokenOf;
    this.#newRun = newRun;
  }

  push(tokenId: number): string {
    const token = this.#tokenOf(tokenId);
    if (token === undefined || token.kind === 'special') return '';
    return token.kind === 'added' ? this.#pushAdded(token.text) : this.#pushPiece(token.text);
  }

  end(): string {
    if (this.#run === undefined) return '';
    const text = this.#separated(this.#run.end());
    // The reference joins the last run even when its text is empty.
    return !this.#runHasText && this.#hasPrecedent ? ' ' : text;
  }

  #pushAdded(text: string): string {
    const held = this.#run === undefined ? '' : this.#separated(this.#run.end());
    const isFirst = !this.#hasPrecedent && !this.#runHasText;
    this.#run = undefined;
    this.#runHasText = false;
    this.#hasPrecedent = true;
    return held + (isFirst ? '' : ' ') + text;
  }

  #pushPiece(text: string): string {
    this.#run ??= this.#newRun();
    return this.#separated(this.#run.push(text));
  }

  #separated(text: string): string {
    if (text === '') return '';
    const separator = this.#hasPrecedent && !this.#runHasText ? ' ' : '';
    this.#runHasText = true;
    return separator + text;
  }
}
