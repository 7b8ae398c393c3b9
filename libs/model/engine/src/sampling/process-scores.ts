import { type Candidates } from './candidates.js';
import { hasPenalties, type Sampling } from './sampling-params.js';
import { type TokenHistory } from './penalties.js';

/**
 * The logits processors, in the order of transformers: repetition penalty; then OpenAI's frequency and presence penalty,
 * which transformers has not; temperature; top-k; top-p; min-p. Each sees what the one before left. Temperature 0 leaves
 * the scores at penalties.
 */
export function processScores(candidates: Candidates, sampling: Sampling, history: TokenHistory): void {
  const { temperature, topK, topP, minP } = sampling;
  if (hasPenalties(sampling)) history.penalise(candidates, sampling);
  if (temperature === 0) return;
  if (temperature !== 1) candidates.divideBy(temperature);
  if (topK !== undefined) candidates.keepBest(topK);
  if (topP < 1) candidates.keepNucleus(topP);
  // At least this share of the best one's probability, as `MinPLogitsWarper` does.
  if (minP > 0) candidates.keepFrom(candidates.best() + Math.log(minP));
}
