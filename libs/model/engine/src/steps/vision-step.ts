import { packTileBatch } from '../policy/pack-tile-batch.js';
import { type Sequence } from '../sequence.js';
import { type VisionSpan } from '../vision-runner.js';
import { type Step, type StepContext } from './step.js';

/** Encodes tiles of the sequences that wait for their images, in order, as many as one run takes. */
export function planVision({ vision }: StepContext, waiting: readonly Sequence[]): Step | undefined {
  const taken = new Map<Sequence, VisionSpan>();
  for (const { sequence: index, firstTile, tileCount } of packTileBatch(waiting, vision.maxTiles)) {
    const sequence = waiting[index];
    const [tiles, features] = [sequence?.heldTiles, sequence?.heldFeatures];
    if (sequence === undefined || tiles === undefined || features === undefined) continue;
    taken.set(sequence, { tiles, features, firstTile, tileCount });
  }
  if (taken.size === 0) return undefined;
  return {
    members: [...taken.keys()],
    bystanders: [],
    run: (signal) => {
      for (const sequence of taken.keys()) sequence.mark('visionStart');
      return vision.encode([...taken.values()], signal);
    },
    commit: (sequence) => {
      sequence.doneTiles += taken.get(sequence)?.tileCount ?? 0;
      if (sequence.stage === 'vision') return undefined;
      sequence.mark('visionEnd');
      sequence.releaseTiles();
      return undefined;
    },
  };
}
