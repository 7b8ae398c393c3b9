import { type Candidates } from './candidates.js';
import { hasPenalties, type Sampling } from './sampling-params.js';
import { type TokenHistory } from './penalties.js';
import { keepTopK } from './top-k.js';
import { keepTopP } from './top-p.js';

/**
 * The logits processors, in the order of transformers: repetition penalty; then OpenAI's frequency and presence penalty,
 * which transformers has not; temperature; top-k; top-p; min-p. Each sees what the one before left. Temperature 0 leaves
 * the scores at penalties.
 */
export function processScores(candidates: Candidates, sampling: Sampling, history: TokenHistory): void {
  if (hasPenalties(sampling)) history.penalise(candidates, sampling);
  if (sampling.temperature === 0) return;
  divideBy(candidates, sampling.temperature);
  if (sampling.topK !== undefined) keepTopK(candidates, sampling.topK);
  keepTopP(candidates, sampling.topP);
  keepMinP(candidates, sampling.minP);
}

function divideBy({ scores, count }: Candidates, temperature: number): void {
  if (temperature === 1) return;
  for (let index = 0; index < count; index++) scores[index] = (scores[index] as number) / temperature;
}

/** Keeps candidates with at least this share of the best one's probability, as `MinPLogitsWarper` does. */
function keepMinP(candidates: Candidates, share: number): void {
  if (share <= 0) return;
  const best = candidates.scores[candidates.indexOfBest()] as number;
  candidates.keepThrough(best + Math.min(Math.log(share), 0));
}
