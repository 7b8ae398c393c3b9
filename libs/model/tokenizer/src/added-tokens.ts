/** A token on top of the base vocabulary, with the flags that say how it takes the text around it. */
export interface AddedToken {
  readonly content: string;
  /** Swallows whitespace before it. */
  readonly lstrip: boolean;
  /** Swallows whitespace after it. */
  readonly rstrip: boolean;
  /** Counts only where spaces (or the ends of the text) surround it. */
  readonly singleWord: boolean;
}

/**
 * Which tokens `skipSpecialTokens` removes. The reference takes them from the tokenizer's bos_token, eos_token and so
 * on, not from the `special` flag of an added token.
 */
export interface SpecialTokens {
  /** Spellings of bos, eos, unk, sep, pad, cls and mask token. */
  readonly named: ReadonlySet<string>;
  /** Spellings of `additional_special_tokens`. */
  readonly additional: ReadonlySet<string>;
}

/** The added tokens of a tokenizer, and which tokens it calls special. */
export class AddedTokens {
  readonly #idByContent = new Map<string, number>();
  readonly #tokenByContent = new Map<string, AddedToken>();
  readonly #tokenById: ReadonlyMap<number, AddedToken>;

  constructor(
    tokenById: ReadonlyMap<number, AddedToken>,
    readonly specialTokens: SpecialTokens,
  ) {
    this.#tokenById = tokenById;
    for (const [id, token] of tokenById) {
      this.#idByContent.set(token.content, id);
      this.#tokenByContent.set(token.content, token);
    }
  }

  idOf(content: string): number | undefined {
    return this.#idByContent.get(content);
  }

  withContent(content: string): AddedToken | undefined {
    return this.#tokenByContent.get(content);
  }

  withId(id: number): AddedToken | undefined {
    return this.#tokenById.get(id);
  }

  isSpecial(content: string): boolean {
    return this.specialTokens.named.has(content) || this.specialTokens.additional.has(content);
  }

  contents(): Iterable<string> {
    return this.#idByContent.keys();
  }

  ids(): Iterable<number> {
    return this.#tokenById.keys();
  }
}
