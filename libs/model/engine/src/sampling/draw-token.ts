import { LogitsNotFiniteError } from './errors.js';
import { type Candidates } from './candidates.js';

/**
 * The candidate in whose part of the probability `fraction` (from 0, below 1) falls, the parts laid out by id: logits
 * that differ by rounding move the borders a little and never reorder the parts.
 */
export function drawToken(candidates: Candidates, fraction: number): number {
  const total = candidates.totalWeight();
  if (!Number.isFinite(total)) throw new LogitsNotFiniteError();
  return candidates.ids[candidates.indexAt(fraction * total)] as number;
}
