import TinyQueue from 'tinyqueue';
import { longestTokenPattern } from '../split-added-tokens.js';
import { Pace, runToEnd } from '../stepwise.js';
import { RegionSplitter } from './region-splitter.js';
import { type Vocabulary } from './vocabulary.js';

/** Two neighbouring symbols whose concatenation is a piece. */
interface MergeCandidate {
  readonly left: number;
  readonly right: number;
  readonly score: number;
  /** Length of the merged piece; tells a candidate whose symbols have changed since. */
  readonly length: number;
}

interface TextSymbol {
  text: string;
  previous: number;
  next: number;
  /** A user-defined piece, which is never merged. */
  readonly frozen: boolean;
}

const NONE = -1;
const HIGH_SCORE_THEN_LEFT = (a: MergeCandidate, b: MergeCandidate): number =>
  b.score - a.score || a.left - b.left;

/**
 * Cuts normalised text into pieces as SentencePiece's BPE does (`bpe_model.cc`): of all neighbouring symbols that
 * together spell a piece, merge those with the highest score, the leftmost first, until none is left.
 *
 * Why not the BPE of `@huggingface/tokenizers`: it ranks pairs from a merges list, which tokenizer.model lacks.
 * SentencePiece ranks by the merged piece alone: all pairs that spell one piece tie and the leftmost wins, and symbols
 * that are no pieces themselves merge too. With a list made from the scores, it cut 24 of 3,014 texts differently on
 * the hand-made model of fixtures/generated/variants.json named "ties" (none on models/tessera-tiny). Nor does it know
 * user-defined and unused pieces.
 */
export class BpeEncoder {
  readonly #vocabulary: Vocabulary;
  readonly #mergeable: ReadonlyMap<string, number>;
  /** Characters of the longest piece. */
  readonly longestPiece: number;
  readonly #userDefinedPattern: RegExp | undefined;
  readonly #regions: RegionSplitter | undefined;
  readonly #textEncoder = new TextEncoder();

  /** @param excludedIds pieces that text must not become; what they spell is cut into other pieces. */
  constructor(vocabulary: Vocabulary, excludedIds: ReadonlySet<number> = new Set()) {
    this.#vocabulary = vocabulary;
    this.#mergeable = new Map([...vocabulary.textPieceIds].filter(([, id]) => !excludedIds.has(id)));
    this.longestPiece = [...this.#mergeable.keys()].reduce(
      (longest, text) => Math.max(longest, text.length),
      0,
    );
    const userDefined = vocabulary.userDefined().filter((id) => !excludedIds.has(id));
    this.#userDefinedPattern = longestTokenPattern(userDefined.map((id) => vocabulary.piece(id)?.text ?? ''));
    // What an unused piece is cut into depends on merges anywhere in the text, so such a vocabulary gets it whole.
    const isWhole = [...this.#mergeable.values()].some((id) => vocabulary.piece(id)?.type === 'unused');
    this.#regions = isWhole ? undefined : new RegionSplitter(this.#mergeable.keys());
  }

  /** Ids of the pieces of `normalized`, bytes where a piece is unknown and the model has byte fallback. */
  encode(normalized: string): number[] {
    return runToEnd(this.encodeStepwise(normalized));
  }

  /** {@link encode} in steps of a few milliseconds, for callers that must not be kept for longer. */
  *encodeStepwise(normalized: string): Generator<void, number[]> {
    const ids: number[] = [];
    const pace = new Pace();
    for (const region of this.#regions?.split(normalized) ?? [normalized]) {
      const symbols = yield* this.#splitSymbols(region, pace);
      const splitAgain = yield* this.#merge(symbols, pace);
      const symbolAt = (index: number): TextSymbol | undefined => symbols[index];
      for (let symbol = symbolAt(0); symbol !== undefined; symbol = symbolAt(symbol.next)) {
        this.#appendPiece(symbol.text, splitAgain, ids);
        if (pace.isStepDone()) yield;
      }
    }
    return ids;
  }

  *#splitSymbols(region: string, pace: Pace): Generator<void, TextSymbol[]> {
    const parts = this.#userDefinedPattern ? region.split(this.#userDefinedPattern) : [region];
    const symbols: TextSymbol[] = [];
    for (const [index, part] of parts.entries()) {
      const frozen = index % 2 === 1;
      for (const text of frozen ? [part] : part) {
        symbols.push({ text, frozen, previous: symbols.length - 1, next: symbols.length + 1 });
        if (pace.isStepDone()) yield;
      }
    }
    return symbols;
  }

  /** Merges in place. Returns, for each unused piece that came up, the two texts it was merged from. */
  *#merge(symbols: TextSymbol[], pace: Pace): Generator<void, Map<string, [string, string]>> {
    const splitAgain = new Map<string, [string, string]>();
    const queue = new TinyQueue<MergeCandidate>([], HIGH_SCORE_THEN_LEFT);
    const consider = (left: number, right: number): void => {
      const candidate = this.#candidate(symbols, left, right, splitAgain);
      if (candidate) queue.push(candidate);
    };
    for (let right = 1; right < symbols.length; right++) {
      consider(right - 1, right);
      if (pace.isStepDone()) yield;
    }
    for (let best = queue.pop(); best !== undefined; best = queue.pop()) {
      if (pace.isStepDone()) yield;
      if (!joinSymbols(symbols, best)) continue;
      const joined = symbols[best.left];
      consider(joined?.previous ?? NONE, best.left);
      consider(best.left, joined?.next ?? NONE);
    }
    return splitAgain;
  }

  #candidate(
    symbols: readonly TextSymbol[],
    left: number,
    right: number,
    splitAgain: Map<string, [string, string]>,
  ): MergeCandidate | undefined {
    const leftSymbol = symbols[left];
    const rightSymbol = symbols[right];
    if (!leftSymbol || !rightSymbol || leftSymbol.frozen || rightSymbol.frozen) return undefined;
    const length = leftSymbol.text.length + rightSymbol.text.length;
    if (length > this.longestPiece) return undefined;
    const text = leftSymbol.text + rightSymbol.text;
    const id = this.#mergeable.get(text);
    const piece = id === undefined ? undefined : this.#vocabulary.piece(id);
    if (piece === undefined) return undefined;
    if (piece.type === 'unused') splitAgain.set(text, [leftSymbol.text, rightSymbol.text]);
    return { left, right, score: piece.score, length };
  }

  #appendPiece(text: string, splitAgain: ReadonlyMap<string, [string, string]>, ids: number[]): void {
    const id = this.#mergeable.get(text);
    if (id === undefined) {
      this.#appendUnknown(text, ids);
      return;
    }
    const parts = this.#vocabulary.piece(id)?.type === 'unused' ? splitAgain.get(text) : undefined;
    if (parts === undefined) ids.push(id);
    else for (const part of parts) this.#appendPiece(part, splitAgain, ids);
  }

  #appendUnknown(text: string, ids: number[]): void {
    const { byteIds, unknownId } = this.#vocabulary;
    if (byteIds.length === 0) {
      // SentencePiece makes one unknown token of a run of unknown symbols.
      if (ids.at(-1) !== unknownId) ids.push(unknownId);
      return;
    }
    for (const byte of this.#textEncoder.encode(text)) ids.push(byteIds[byte] ?? unknownId);
  }
}

/** Joins the candidate's symbols into the left one; false when one of them has changed since it was queued. */
function joinSymbols(symbols: readonly TextSymbol[], candidate: MergeCandidate): boolean {
  const left = symbols[candidate.left];
  const right = symbols[candidate.right];
  if (!left || !right || left.text === '' || right.text === '') return false;
  if (left.text.length + right.text.length !== candidate.length) return false;
  left.text += right.text;
  left.next = right.next;
  const after = symbols[right.next];
  if (after) after.previous = candidate.left;
  right.text = '';
  return true;
}
