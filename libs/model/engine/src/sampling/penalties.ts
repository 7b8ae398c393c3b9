import { type Candidates } from './candidates.js';
import { type Sampling } from './sampling-params.js';

/**
 * What an answer has so far. The prompt does not count: the reference generates from embeddings, so its processors see a
 * BOS token and what was generated. Only the repetition penalty sees that BOS, as there.
 */
export class TokenHistory {
  private readonly counts = new Map<number, number>();

  constructor(private readonly bosTokenId?: number) {}

  add(tokenId: number): void {
    this.counts.set(tokenId, (this.counts.get(tokenId) ?? 0) + 1);
  }

  /** Changes the scores of tokens that the answer has; all candidates must still be there. */
  penalise({ scores }: Candidates, sampling: Sampling): void {
    const { repetitionPenalty, presencePenalty, frequencyPenalty } = sampling;
    for (const [id, count] of this.counts) {
      if (id < scores.length) {
        const repeated = penaliseRepetition(scores[id] as number, repetitionPenalty);
        scores[id] = repeated - frequencyPenalty * count - presencePenalty;
      }
    }
    const { bosTokenId: bos } = this;
    if (bos === undefined || bos >= scores.length || this.counts.has(bos)) return;
    scores[bos] = penaliseRepetition(scores[bos] as number, repetitionPenalty);
  }
}

function penaliseRepetition(score: number, penalty: number): number {
  return score < 0 ? score * penalty : score / penalty;
}
