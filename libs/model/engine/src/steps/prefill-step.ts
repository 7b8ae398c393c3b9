import { type NextToken, type PrefillRun } from '../decoder-runner.js';
import { prefillChunkEnd } from '../policy/prefill-chunks.js';
import { ropeRow } from '../policy/rope-position.js';
import { type Sequence } from '../sequence.js';
import { appendToken } from './append-token.js';
import { type Step, type StepContext } from './step.js';

/** Computes the next chunk of one prompt. After the last chunk the sequence has its first token. */
export function planPrefill(context: StepContext, sequence: Sequence): Step | undefined {
  const { slot } = sequence;
  const group = context.groups[sequence.classIndex];
  if (slot === undefined || group === undefined) return undefined;
  const end = prefillChunkEnd(sequence.position, sequence.prompt.tokenIds.length);
  let next: NextToken | undefined;
  return {
    members: [sequence],
    bystanders: [],
    run: async (signal) => {
      sequence.mark('prefillStart');
      next = await group.runner.prefill(chunkRun(context, sequence, { slot, end }), signal);
    },
    commit: () => {
      sequence.position = end;
      if (next === undefined || end < sequence.prompt.tokenIds.length) return undefined;
      sequence.releaseFeatures();
      return appendToken(sequence, next, context.stopTokenIds);
    },
  };
}

function chunkRun(
  { longRope }: StepContext,
  { prompt, position: start, heldFeatures: features }: Sequence,
  { slot, end }: { slot: number; end: number },
): PrefillRun {
  const { tokenIds, imageTokenPositions } = prompt;
  const firstFeatureRow = firstAtLeast(imageTokenPositions, start);
  const featureRowEnd = firstAtLeast(imageTokenPositions, end);
  return {
    slot,
    start,
    tokenIds: tokenIds.slice(start, end),
    ropeRows: Array.from({ length: end - start }, (_, index) =>
      ropeRow(start + index, tokenIds.length, longRope),
    ),
    features,
    firstFeatureRow,
    imagePositions: imageTokenPositions
      .slice(firstFeatureRow, featureRowEnd)
      .map((position) => position - start),
  };
}

/** Index of the first value that is not below the bound, in an ascending list; its length when there is none. */
function firstAtLeast(ascending: readonly number[], bound: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] as number) < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
