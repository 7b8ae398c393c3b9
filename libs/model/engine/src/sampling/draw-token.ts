import { LogitsNotFiniteError } from './errors.js';
import { type Candidates } from './candidates.js';
import { decay } from './decay.js';

/**
 * The candidate in whose part of the probability `fraction` (from 0, below 1) falls, the parts laid out by id: logits
 * that differ by rounding move the borders a little and never reorder the parts.
 */
export function drawToken(
  { ids, scores, weights, count }: Candidates,
  best: number,
  fraction: number,
): number {
  const top = scores[best] as number;
  let total = 0;
  for (let index = 0; index < count; index++) {
    const weight = decay(top - (scores[index] as number));
    weights[index] = weight;
    total += weight;
  }
  if (!Number.isFinite(total)) throw new LogitsNotFiniteError();
  const wanted = fraction * total;
  let passed = 0;
  for (let index = 0; index < count; index++) {
    passed += weights[index] as number;
    if (passed > wanted) return ids[index] as number;
  }
  // Only where rounding of the two sums leaves the last border short.
  return ids[best] as number;
}
