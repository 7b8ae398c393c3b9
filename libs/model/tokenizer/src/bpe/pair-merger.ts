import TinyQueue from 'tinyqueue';
import { type Pace } from '../stepwise.js';

/** Two symbols that become one. */
export interface Merge {
  readonly left: number;
  readonly right: number;
  readonly result: number;
}

const NONE = -1;
/** More than there are positions in a text; a rank and a position are one number in the queue. */
const POSITIONS = 2 ** 30;
const ASCENDING = (a: number, b: number): number => a - b;

/**
 * Byte pair encoding: of all neighbouring symbols that have a merge, joins those whose merge comes first in the list,
 * the leftmost first, until none is left. Takes time n log n at most, whatever the text, and can pause.
 */
export class PairMerger {
  readonly #merges: readonly Merge[];
  /** By left symbol, then by right symbol: the merge's place in the list. */
  readonly #ranks: (Map<number, number> | undefined)[] = [];

  constructor(merges: readonly Merge[]) {
    this.#merges = merges;
    for (const [rank, { left, right }] of merges.entries()) {
      (this.#ranks[left] ??= new Map()).set(right, rank);
    }
  }

  *merge(symbols: Int32Array, pace: Pace): Generator<void, number[]> {
    const chain = new Chain(symbols);
    const queue = new TinyQueue<number>([], ASCENDING);
    const consider = (left: number): void => {
      const rank = this.#rankAt(chain, left);
      if (rank !== undefined) queue.push(rank * POSITIONS + left);
    };
    for (let left = 0; left < symbols.length; left++) {
      chain.link(left);
      consider(left);
      if (pace.isStepDone()) yield;
    }
    for (let best = queue.pop(); best !== undefined; best = queue.pop()) {
      if (pace.isStepDone()) yield;
      const left = best % POSITIONS;
      const rank = (best - left) / POSITIONS;
      // The symbols may have changed since.
      if (this.#rankAt(chain, left) !== rank) continue;
      chain.join(left, this.#merges[rank]?.result ?? NONE);
      consider(chain.previous(left));
      consider(left);
    }
    return yield* chain.collect(pace);
  }

  #rankAt(chain: Chain, left: number): number | undefined {
    return this.#ranks[chain.symbol(left)]?.get(chain.symbol(chain.next(left)));
  }
}

/** Symbols in a row that can be joined with the next one. */
class Chain {
  readonly #symbols: Int32Array;
  readonly #previous: Int32Array;
  readonly #next: Int32Array;

  constructor(symbols: Int32Array) {
    this.#symbols = symbols;
    this.#previous = new Int32Array(symbols.length);
    this.#next = new Int32Array(symbols.length);
  }

  /** Links a symbol with its neighbours. All are to be linked, in order. */
  link(index: number): void {
    this.#previous[index] = index - 1;
    this.#next[index] = index + 1 < this.#symbols.length ? index + 1 : NONE;
  }

  /** `NONE`, which is in no merge, outside the chain and for a symbol that went into the one before it. */
  symbol(index: number): number {
    return this.#symbols[index] ?? NONE;
  }

  previous(index: number): number {
    return this.#previous[index] ?? NONE;
  }

  next(index: number): number {
    return this.#next[index] ?? NONE;
  }

  join(left: number, result: number): void {
    const right = this.next(left);
    const after = this.next(right);
    this.#symbols[left] = result;
    this.#symbols[right] = NONE;
    this.#next[left] = after;
    if (after !== NONE) this.#previous[after] = left;
  }

  *collect(pace: Pace): Generator<void, number[]> {
    const symbols: number[] = [];
    for (let index = 0; index < this.#symbols.length && index !== NONE; index = this.next(index)) {
      symbols.push(this.symbol(index));
      if (pace.isStepDone()) yield;
    }
    return symbols;
  }
}
