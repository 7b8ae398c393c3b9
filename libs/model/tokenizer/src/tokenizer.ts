/**
 * A stretch of a prompt. `text` is plain: whatever it spells, it never becomes an added token.
 * `token` is one added token by its spelling, such as `<|user|>`.
 */
export type PromptPiece =
  { readonly kind: 'text'; readonly text: string } | { readonly kind: 'token'; readonly token: string };

/** Text to token ids and back, as the tokenizer that the model was trained with does it. */
export interface Tokenizer {
  /** Id of the beginning-of-sequence token, where the tokenizer has one. */
  readonly bosTokenId: number | undefined;

  /**
   * The reference behaviour for a trusted string: spellings of added tokens become their ids, and BOS is
   * prepended (EOS appended) where the tokenizer's configuration says so.
   */
  encode(text: string): number[];

  /**
   * Like {@link Tokenizer.encode}, but added tokens arise only from pieces of kind `token`. Neighbouring text
   * pieces count as one text. Where no text spells an added token the ids equal those of `encode` on the
   * concatenation.
   * @throws UnknownPromptTokenError when a piece names a token that is not an added token.
   */
  encodePieces(pieces: readonly PromptPiece[]): number[];

  /** {@link Tokenizer.encodePieces} in steps of a few milliseconds, so that a long text need not hold the event loop. */
  encodePiecesStepwise(pieces: readonly PromptPiece[]): Generator<void, number[]>;

  /** A lower bound of the tokens that plain text becomes, from its length alone. */
  fewestTokens(text: string): number;

  /** Text of `tokenIds`, as the reference decodes them. An id that stands for no token has no text. */
  decode(tokenIds: readonly number[], options: { skipSpecialTokens: boolean }): string;

  /**
   * What a token stands for inside a text, in UTF-8: its letters, its bytes where it is part of a character, the spelling
   * of an added token. Empty for an id that stands for no token. (Decoding also drops what leads a text, such as the
   * space of the first word.)
   */
  tokenBytes(tokenId: number): Uint8Array;

  /** Id of an added token or vocabulary piece by its exact spelling. */
  tokenId(token: string): number | undefined;

  /** A fresh stream for the tokens of one answer. */
  createTextStream(): TextStream;
}

/**
 * Detokenises one answer token by token; special tokens are skipped. All strings returned, concatenated, are
 * `decode(ids, { skipSpecialTokens: true })`. A string never ends inside a character.
 */
export interface TextStream {
  /** Text that became certain with this token; may be empty. */
  push(tokenId: number): string;
  /** What was held back. Call once, after the last token. */
  end(): string;
}
