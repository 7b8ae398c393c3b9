import { type TokenLogprob } from '@tessera/engine';

/** The largest logits of every step of a reference answer, 8 each, and all those of the first step. */
export interface ReferenceLogits {
  readonly first: Float32Array;
  readonly topValues: Float32Array;
}

const TOP = 8;

/**
 * Largest difference from the log probabilities of the reference, over the largest logit. All logits of the first step are
 * recorded, so there it is the log-softmax itself; of later steps, how far below the best token each of the others is.
 */
export function logprobDifference(logprobs: readonly TokenLogprob[], reference: ReferenceLogits): number {
  const largest = Math.max(...reference.first.map(Math.abs));
  const [first] = logprobs;
  const differences = (first?.top ?? []).map(
    ({ tokenId, logprob }) => logprob - logSoftmax(reference.first, tokenId),
  );
  for (const [step, { top }] of logprobs.entries()) {
    const values = reference.topValues.subarray(step * TOP, (step + 1) * TOP);
    for (const [rank, { logprob }] of top.entries()) {
      const below = logprob - (top[0]?.logprob ?? NaN);
      differences.push(below - ((values[rank] ?? NaN) - (values[0] ?? NaN)));
    }
  }
  return Math.max(...differences.map(Math.abs)) / largest;
}

function logSoftmax(logits: Float32Array, tokenId: number): number {
  const best = Math.max(...logits);
  const total = logits.reduce((sum, value) => sum + Math.exp(value - best), 0);
  return (logits[tokenId] ?? NaN) - best - Math.log(total);
}
