import { decay } from './decay.js';

/** A token with its log probability. */
export interface TokenProbability {
  readonly tokenId: number;
  /** Natural logarithm. */
  readonly logprob: number;
}

/** Log probabilities by the model's own logits: the log-softmax, before penalties and temperature. */
export class LogProbabilities {
  private readonly logTotal: number;

  /** The logits are looked at as long as this is in use. */
  constructor(private readonly logits: Float32Array) {
    let best = -Infinity;
    for (let id = 0; id < logits.length; id++) best = Math.max(best, logits[id] as number);
    let total = 0;
    for (let id = 0; id < logits.length; id++) total += decay(best - (logits[id] as number));
    this.logTotal = best + Math.log(total);
  }

  of(tokenId: number): number {
    return (this.logits[tokenId] as number) - this.logTotal;
  }

  /** The most likely tokens, best first; the lower id first among equals. */
  top(count: number): TokenProbability[] {
    const ids: number[] = [];
    let least = -Infinity;
    for (let id = 0; id < this.logits.length && count > 0; id++) {
      const value = this.logits[id] as number;
      if (ids.length === count && !(value > least)) continue;
      if (ids.length === count) ids.pop();
      let place = ids.length;
      while (place > 0 && (this.logits[ids[place - 1] as number] as number) < value) place--;
      ids.splice(place, 0, id);
      least = this.logits[ids.at(-1) as number] as number;
    }
    return ids.map((tokenId) => ({ tokenId, logprob: this.of(tokenId) }));
  }
}
