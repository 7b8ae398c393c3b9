import { type NextToken } from '../decoder-io.js';
import { type PrefillRun } from '../decoder-runner.js';
import { nextChunkEnd } from '../policy/prefill-chunks.js';
import { ropeRow } from '../policy/rope-position.js';
import { type HeldPrefix } from '../policy/slot-contents.js';
import { type Sequence } from '../sequence.js';
import { appendToken, readsLogits } from './append-token.js';
import { type SlotGroup, type Step, type StepContext } from './step.js';

/** Computes the next chunk of one prompt. After the last chunk the sequence has its first token. */
export function planPrefill(context: StepContext, sequence: Sequence): Step | undefined {
  const { slot, prompt } = sequence;
  const group = context.groups[sequence.classIndex];
  if (slot === undefined || group === undefined) return undefined;
  const prefix = sequence.position === 0 ? findPrefix(context, group, sequence) : undefined;
  const start = prefix?.positions ?? sequence.position;
  const end = nextChunkEnd(prompt.chunkEnds, start);
  let next: NextToken | undefined;
  return {
    members: [sequence],
    bystanders: [],
    run: async (signal) => {
      sequence.mark('prefillStart');
      await takeOver(group, slot, prefix);
      group.contents.truncate(slot, start);
      const chunk = chunkRun(context, sequence, { slot, start, end });
      const isLast = end === prompt.tokenIds.length;
      next = await group.runner.prefill(chunk, { signal, readsLogits: isLast && readsLogits(sequence) });
    },
    commit: () => {
      sequence.reusedPositions += prefix?.positions ?? 0;
      sequence.position = end;
      group.contents.record(slot, prompt, { positions: end, usesLongRope: usesLongRope(context, sequence) });
      if (next === undefined || end < prompt.tokenIds.length) return undefined;
      sequence.releaseFeatures();
      return appendToken(sequence, next, context.stopTokenIds);
    },
  };
}

/** What a slot of the class holds already of this prompt. */
function findPrefix(context: StepContext, group: SlotGroup, sequence: Sequence): HeldPrefix | undefined {
  if (!context.reusesPrefixes || sequence.slot === undefined) return undefined;
  return group.contents.longestPrefix(sequence.prompt, usesLongRope(context, sequence), sequence.slot);
}

/** Keys and values hold for one set of rope factors, which the length of the whole prompt decides. */
function usesLongRope({ longRope }: StepContext, { prompt }: Sequence): boolean {
  return longRope !== null && prompt.tokenIds.length > longRope.originalContextTokens;
}

/** Brings a prefix that another slot holds into the sequence's own. */
async function takeOver(group: SlotGroup, slot: number, prefix: HeldPrefix | undefined): Promise<void> {
  if (prefix === undefined || prefix.slot === slot) return;
  group.contents.truncate(slot, 0);
  await group.cache.copySlot(prefix.slot, slot, prefix.positions);
}

function chunkRun(
  { longRope }: StepContext,
  { prompt, images }: Sequence,
  { slot, start, end }: { slot: number; start: number; end: number },
): PrefillRun {
  const { tokenIds } = prompt;
  // A chunk ends where an image does, so it has tokens of one image at most.
  const index = prompt.images.findIndex((image) => image.start < end && image.end > start);
  const { start: first, end: last } = prompt.images[index] ?? { start: end, end };
  const [imageStart, imageEnd] = [Math.max(first, start), Math.min(last, end)];
  return {
    slot,
    start,
    tokenIds: tokenIds.slice(start, end),
    ropeRows: Array.from({ length: end - start }, (_, offset) =>
      ropeRow(start + offset, tokenIds.length, longRope),
    ),
    features: images[index]?.heldFeatures,
    firstFeatureRow: imageStart - first,
    imagePositions: Array.from({ length: imageEnd - imageStart }, (_, offset) => imageStart - start + offset),
  };
}
