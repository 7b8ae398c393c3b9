import { type Pace } from '../stepwise.js';
import { BYTE_CHARACTERS } from './byte-alphabet.js';
import { type Merge, PairMerger } from './pair-merger.js';

/** What a `BPE` model is made of, as tokenizer.json names it. */
export interface BpeModelParts {
  readonly vocabulary: ReadonlyMap<string, number>;
  /** The earlier in the list, the sooner it is done. */
  readonly merges: readonly (readonly [string, string])[];
  /** What words are made of before they are merged: their characters, or the bytes of their UTF-8 form. */
  readonly alphabet: 'characters' | 'bytes';
  /** The token for a character that is not in the vocabulary; without one, such a character is dropped. */
  readonly unknownToken: string | undefined;
  /** A character that is not in the vocabulary becomes `<0x00>` to `<0xFF>`. */
  readonly byteFallback: boolean;
  /** Neighbouring unknown characters become one token. */
  readonly fusesUnknown: boolean;
  /** A word that is a token as a whole is not merged. */
  readonly ignoresMerges: boolean;
}

const NO_IDS: ReadonlySet<number> = new Set();
/** Bytes of UTF-8 for a UTF-16 unit. */
const MOST_BYTES_OF_A_UNIT = 3;
const SLICE_LENGTH = 4096;
const CACHED_WORD_LENGTH = 32;
const CACHED_WORD_COUNT = 16_384;

/**
 * Byte pair encoding by a list of merges, as the `tokenizers` library does it; byte-level (GPT-2, Qwen, LLaMA 3) or
 * with byte fallback (LLaMA, InternLM2, Phi-3). Why not a library: docs/decisions/0007.
 */
export class BpeModel {
  /** Characters (bytes, where they are the alphabet) of the longest token that text can become. */
  readonly longestToken: number;
  /** Whether characters that are not in the vocabulary may leave no token of their own. */
  readonly losesCharacters: boolean;
  readonly #parts: BpeModelParts;
  readonly #vocabulary: ReadonlyMap<string, number>;
  readonly #merges: readonly Merge[];
  readonly #merger: PairMerger;
  readonly #unknownId: number | undefined;
  readonly #textEncoder = new TextEncoder();
  readonly #idsByWord = new Map<string, readonly number[]>();

  /**
   * @param excludedIds tokens that text must not become; what they spell is cut into other tokens.
   * @throws RangeError when a merge or the unknown token is not in the vocabulary.
   */
  constructor(parts: BpeModelParts, excludedIds: ReadonlySet<number> = NO_IDS) {
    const { vocabulary } = parts;
    this.#parts = parts;
    const isKept = ([, id]: readonly [string, number]): boolean => !excludedIds.has(id);
    this.#vocabulary = excludedIds.size === 0 ? vocabulary : new Map([...vocabulary].filter(isKept));
    this.#merges = parts.merges
      .map((pair) => mergeOf(pair, vocabulary))
      .filter(({ result }) => !excludedIds.has(result));
    this.#merger = new PairMerger(this.#merges);
    this.#unknownId = idOfUnknown(parts);
    this.longestToken = longestTokenOf(parts);
    this.losesCharacters = !this.#hasWholeAlphabet() && (this.#unknownId === undefined || parts.fusesUnknown);
  }

  /** A model whose text becomes none of these tokens: this one where its text becomes none of them anyway. */
  without(ids: ReadonlySet<number>): BpeModel {
    const made = this.#merges.flatMap(({ result }) => (ids.has(result) ? [result] : []));
    const { ignoresMerges, vocabulary } = this.#parts;
    const spelled = [...vocabulary].filter(
      ([token, id]) => ids.has(id) && (ignoresMerges || isCharacter(token)),
    );
    const excluded = new Set([...made, ...spelled.map(([, id]) => id)]);
    return excluded.size === 0 ? this : new BpeModel(this.#parts, excluded);
  }

  /** Appends the ids of a word to `ids`, and pauses as `pace` says. */
  *encodeWord(word: string, ids: number[], pace: Pace): Generator<void, void> {
    let wordIds = this.#idsByWord.get(word);
    if (wordIds === undefined) {
      wordIds = yield* this.#encodeNewWord(word, pace);
      if (word.length <= CACHED_WORD_LENGTH) this.#remember(word, wordIds);
    }
    for (const id of wordIds) {
      ids.push(id);
      if (pace.isStepDone()) yield;
    }
  }

  *#encodeNewWord(word: string, pace: Pace): Generator<void, number[]> {
    if (this.#parts.ignoresMerges) {
      const id = this.#vocabulary.get([...this.#unitsOf(word)].join(''));
      if (id !== undefined) return [id];
    }
    return yield* this.#merger.merge(yield* this.#symbolsOf(word, pace), pace);
  }

  *#symbolsOf(word: string, pace: Pace): Generator<void, Int32Array> {
    const symbols = new Int32Array(word.length * MOST_BYTES_OF_A_UNIT);
    let count = 0;
    let unknownIsDue = false;
    const add = (id: number | undefined): void => {
      if (id !== undefined) symbols[count++] = id;
    };
    for (const unit of this.#unitsOf(word)) {
      if (pace.isStepDone()) yield;
      const id = this.#vocabulary.get(unit);
      const fallback = id === undefined ? this.#bytesOf(unit) : undefined;
      if (fallback !== undefined) {
        fallback.forEach(add);
        continue;
      }
      if (unknownIsDue && (id !== undefined || !this.#parts.fusesUnknown)) add(this.#unknownId);
      add(id);
      unknownIsDue = id === undefined;
    }
    if (unknownIsDue) add(this.#unknownId);
    return symbols.subarray(0, count);
  }

  *#unitsOf(word: string): Generator<string, void> {
    if (this.#parts.alphabet === 'characters') {
      yield* word;
      return;
    }
    for (let start = 0; start < word.length;) {
      const end = endOfSlice(word, start);
      for (const byte of this.#textEncoder.encode(word.slice(start, end))) yield BYTE_CHARACTERS[byte] ?? '';
      start = end;
    }
  }

  #bytesOf(character: string): number[] | undefined {
    if (!this.#parts.byteFallback) return undefined;
    const ids = [...this.#textEncoder.encode(character)].flatMap(
      (byte) => this.#parts.vocabulary.get(byteToken(byte)) ?? [],
    );
    return ids.length === this.#textEncoder.encode(character).length ? ids : undefined;
  }

  #hasWholeAlphabet(): boolean {
    const { alphabet, byteFallback, vocabulary } = this.#parts;
    const isByteLevel = alphabet === 'bytes' && BYTE_CHARACTERS.every((unit) => this.#vocabulary.has(unit));
    return (
      isByteLevel || (byteFallback && BYTE_CHARACTERS.every((_, byte) => vocabulary.has(byteToken(byte))))
    );
  }

  #remember(word: string, ids: readonly number[]): void {
    if (this.#idsByWord.size >= CACHED_WORD_COUNT) this.#idsByWord.clear();
    this.#idsByWord.set(word, ids);
  }
}

function byteToken(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
}

/** A place to cut a long word that is not between the halves of a character. */
function endOfSlice(word: string, start: number): number {
  const end = start + SLICE_LENGTH;
  return end < word.length && (word.codePointAt(end - 1) ?? 0) > 0xffff ? end + 1 : end;
}

/** At least 2: a character may be two UTF-16 units. */
function longestTokenOf({ ignoresMerges, merges, vocabulary }: BpeModelParts): number {
  let longest = 2;
  for (const [left, right] of merges) longest = Math.max(longest, left.length + right.length);
  if (ignoresMerges) for (const token of vocabulary.keys()) longest = Math.max(longest, token.length);
  return longest;
}

function isCharacter(token: string): boolean {
  return token.length === 1 || (token.length === 2 && [...token].length === 1);
}

function mergeOf([left, right]: readonly [string, string], vocabulary: ReadonlyMap<string, number>): Merge {
  const idOf = (token: string): number => {
    const id = vocabulary.get(token);
    if (id === undefined) {
      throw new RangeError(
        `the merge of ${left} and ${right} needs ${token}, which is not in the vocabulary`,
      );
    }
    return id;
  };
  return { left: idOf(left), right: idOf(right), result: idOf(left + right) };
}

function idOfUnknown({ unknownToken, vocabulary }: BpeModelParts): number | undefined {
  if (unknownToken === undefined) return undefined;
  const id = vocabulary.get(unknownToken);
  if (id === undefined) throw new RangeError(`the unknown token ${unknownToken} is not in the vocabulary`);
  return id;
}
