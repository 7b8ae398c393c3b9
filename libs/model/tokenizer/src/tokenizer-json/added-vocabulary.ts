import { type AddedToken } from '../added-tokens.js';
import { longestTokenPattern } from '../split-added-tokens.js';

/** An added token of a fast tokenizer. */
export interface FastAddedToken extends AddedToken {
  /** Found in normalised text, and so by its normalised spelling. */
  readonly normalized: boolean;
  /** `skipSpecialTokens` removes it. */
  readonly special: boolean;
}

/** Where an added token stands in a text. */
export interface Mark {
  readonly start: number;
  readonly end: number;
  readonly token: FastAddedToken;
}

/** The added tokens of a fast tokenizer, in the order in which they are added (`AddedVocabulary` of `tokenizers`). */
export class AddedVocabulary {
  readonly #base: ReadonlyMap<string, number>;
  readonly #idByContent = new Map<string, number>();
  readonly #tokenById = new Map<number, FastAddedToken>();
  readonly #special = new Set<string>();

  constructor(base: ReadonlyMap<string, number>) {
    this.#base = base;
  }

  /** Adds a token, or gives one that is there other flags. Its id is that of the base vocabulary, or the next one. */
  add(token: FastAddedToken): number | undefined {
    if (token.content === '') return undefined;
    const id = this.idOf(token.content) ?? this.#base.get(token.content) ?? this.#nextId();
    this.#idByContent.set(token.content, id);
    this.#tokenById.set(id, token);
    if (token.special) this.#special.add(token.content);
    return id;
  }

  idOf(content: string): number | undefined {
    return this.#idByContent.get(content);
  }

  withContent(content: string): FastAddedToken | undefined {
    const id = this.idOf(content);
    return id === undefined ? undefined : this.#tokenById.get(id);
  }

  contentOf(id: number): string | undefined {
    return this.#tokenById.get(id)?.content;
  }

  isSpecial(content: string): boolean {
    return this.#special.has(content);
  }

  tokens(): FastAddedToken[] {
    return [...this.#tokenById.values()];
  }

  ids(): Iterable<number> {
    return this.#tokenById.keys();
  }

  #nextId(): number {
    return Math.max(this.#base.size, ...[...this.#idByContent.values()].map((id) => id + 1));
  }
}

/** Finds added tokens in a text by their spellings, leftmost and longest first. */
export class MarkFinder {
  readonly #pattern: RegExp | undefined;
  readonly #tokenBySpelling: ReadonlyMap<string, FastAddedToken>;

  constructor(tokenBySpelling: ReadonlyMap<string, FastAddedToken>) {
    this.#tokenBySpelling = tokenBySpelling;
    const pattern = longestTokenPattern(tokenBySpelling.keys());
    this.#pattern = pattern && new RegExp(pattern.source, 'gu');
  }

  find(text: string): Mark[] {
    if (this.#pattern === undefined) return [];
    return [...text.matchAll(this.#pattern)].flatMap(({ 0: spelling, index }) => {
      const token = this.#tokenBySpelling.get(spelling);
      return token === undefined ? [] : [{ start: index, end: index + spelling.length, token }];
    });
  }
}
