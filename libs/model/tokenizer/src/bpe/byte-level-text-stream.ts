import { type TextStream } from '../tokenizer.js';
import { bytesOfToken } from './byte-alphabet.js';

/** What a token id is to a byte-level decoder: bytes of a text, or a text of its own that ends a run of bytes. */
export type ByteLevelToken =
  { readonly kind: 'bytes'; readonly text: string } | { readonly kind: 'text'; readonly text: string };

/**
 * Detokenises byte-level tokens: the bytes of a run are decoded together, and what is no UTF-8 becomes U+FFFD as
 * Python's `errors="replace"` and Rust's `from_utf8_lossy` do it, which is how `TextDecoder` does it.
 */
export class ByteLevelTextStream implements TextStream {
  readonly #tokenOf: (id: number) => ByteLevelToken | undefined;
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });

  /** @param tokenOf undefined for a token that leaves no text. */
  constructor(tokenOf: (id: number) => ByteLevelToken | undefined) {
    this.#tokenOf = tokenOf;
  }

  push(tokenId: number): string {
    const token = this.#tokenOf(tokenId);
    if (token === undefined) return '';
    if (token.kind === 'bytes') return this.#decoder.decode(bytesOfToken(token.text), { stream: true });
    return this.#decoder.decode() + token.text;
  }

  end(): string {
    return this.#decoder.decode();
  }
}
