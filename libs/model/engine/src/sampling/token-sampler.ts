import { type Candidates } from './candidates.js';
import { drawToken } from './draw-token.js';
import { TokenHistory } from './penalties.js';
import { processScores } from './process-scores.js';
import { type Sampling } from './sampling-params.js';
import { SplitMix64 } from './split-mix-64.js';

export interface TokenSamplerOptions {
  readonly sampling: Sampling;
  /** Of this answer alone. */
  readonly seed: bigint;
  /** Memory to work in; any number of samplers may share it. */
  readonly candidates: Candidates;
  readonly bosTokenId: number | undefined;
}

/** Chooses the tokens of one answer. What it chooses depends on the logits it is given and its seed, and nothing else. */
export class TokenSampler {
  private readonly random: SplitMix64;
  private readonly history: TokenHistory;

  constructor(private readonly options: TokenSamplerOptions) {
    this.random = new SplitMix64(options.seed);
    this.history = new TokenHistory(options.bosTokenId);
  }

  /** Takes one number of the random stream for every token that is drawn. The logits are left as they are. */
  choose(logits: Float32Array): number {
    const { candidates, sampling } = this.options;
    candidates.load(logits);
    processScores(candidates, sampling, this.history);
    const tokenId =
      sampling.temperature === 0
        ? (candidates.ids[candidates.indexOfBest()] as number)
        : drawToken(candidates, this.random.nextFraction());
    this.history.add(tokenId);
    return tokenId;
  }
}
