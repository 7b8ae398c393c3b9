import { CANDIDATES_WASM } from '../generated/candidates-wasm.js';

/** What assembly/candidates.ts exports. */
interface CandidatesProgram {
  readonly memory: WebAssembly.Memory;
  begin(vocabularySize: number): number;
  scoresAddress(): number;
  idsAddress(): number;
  restart(): void;
  candidateCount(): number;
  divide(divisor: number): void;
  bestScore(): number;
  bestIndex(): number;
  keepFrom(score: number): void;
  keepBest(count: number): void;
  weigh(): number;
  keepNucleus(share: number, total: number): void;
  draw(wanted: number): number;
}

let compiled: WebAssembly.Module | undefined;

/**
 * Tokens that may come next, with their scores. Memory for a whole vocabulary, which the next token uses again: nothing
 * is allocated per token. Ids always ascend; ranks go by score, and by id among equal scores. The passes over all of them
 * are WebAssembly (docs/decisions/0013).
 */
export class Candidates {
  /** Of all tokens until some are left out; then the first {@link count} count. */
  readonly ids: Int32Array;
  /** May be written as long as all tokens are there. */
  readonly scores: Float32Array;
  private readonly program: CandidatesProgram;

  /** Throws RangeError when there is no memory for them. */
  constructor(vocabularySize: number) {
    compiled ??= new WebAssembly.Module(Buffer.from(CANDIDATES_WASM, 'base64'));
    this.program = new WebAssembly.Instance(compiled, {}).exports as CandidatesProgram;
    if (this.program.begin(vocabularySize) === 0) {
      throw new RangeError(`no memory for the candidates of a vocabulary of ${vocabularySize} tokens`);
    }
    const { buffer } = this.program.memory;
    this.ids = new Int32Array(buffer, this.program.idsAddress(), vocabularySize);
    this.scores = new Float32Array(buffer, this.program.scoresAddress(), vocabularySize);
  }

  /** How many there are. */
  get count(): number {
    return this.program.candidateCount();
  }

  /** Begins with every token of the vocabulary; the logits are copied. */
  load(logits: Float32Array): void {
    this.scores.set(logits);
    this.program.restart();
  }

  divideBy(divisor: number): void {
    this.program.divide(divisor);
  }

  /** The best score. */
  best(): number {
    return this.program.bestScore();
  }

  /** Index of the first of the rank order. */
  indexOfBest(): number {
    return this.program.bestIndex();
  }

  /** Keeps those with at least this score. */
  keepFrom(score: number): void {
    this.program.keepFrom(score);
  }

  /** Keeps the `count` best and whatever ties with the last of them. */
  keepBest(count: number): void {
    this.program.keepBest(Math.min(count, this.count));
  }

  /** Keeps the fewest best that have this share, below 1, of the probability together, at least one. */
  keepNucleus(share: number): void {
    const total = this.program.weigh();
    if (Number.isFinite(total)) this.program.keepNucleus(share, total);
  }

  /** Sum of the probabilities, as multiples of the best one's; not a finite number if a logit was none. */
  totalWeight(): number {
    return this.program.weigh();
  }

  /**
   * Index of the one in whose part of the probability `wanted` falls, the parts laid out by id; in the unit of
   * {@link totalWeight}, which was asked before.
   */
  indexAt(wanted: number): number {
    return this.program.draw(wanted);
  }
}
