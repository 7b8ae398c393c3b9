import { type Candidates } from './candidates.js';

/** A token with its log probability. */
export interface TokenProbability {
  readonly tokenId: number;
  /** Natural logarithm. */
  readonly logprob: number;
}

/** Log probabilities by the model's own logits: the log-softmax, before penalties and temperature. */
export class LogProbabilities {
  private readonly logTotal: number;

  /** The logits are looked at as long as this is in use; `candidates` is memory to work in. */
  constructor(
    private readonly logits: Float32Array,
    private readonly candidates: Candidates,
  ) {
    candidates.load(logits);
    this.logTotal = candidates.best() + Math.log(candidates.totalWeight());
  }

  of(tokenId: number): number {
    return (this.logits[tokenId] as number) - this.logTotal;
  }

  /** The most likely tokens, best first; the lower id first among equals. */
  top(count: number): TokenProbability[] {
    if (count === 0) return [];
    this.candidates.load(this.logits);
    this.candidates.keepBest(count);
    const { ids, scores, count: found } = this.candidates;
    const ranked: number[] = [];
    for (let index = 0; index < found; index++) {
      const score = scores[index] as number;
      if (ranked.length === count && !(score > (scores[ranked[count - 1] as number] as number))) continue;
      if (ranked.length === count) ranked.pop();
      let place = ranked.length;
      while (place > 0 && (scores[ranked[place - 1] as number] as number) < score) place--;
      ranked.splice(place, 0, index);
    }
    return ranked.map((index) => {
      const tokenId = ids[index] as number;
      return { tokenId, logprob: this.of(tokenId) };
    });
  }
}
