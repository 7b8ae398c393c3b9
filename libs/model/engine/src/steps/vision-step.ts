import { packTileBatch } from '../policy/pack-tile-batch.js';
import { type Sequence } from '../sequence.js';
import { type SequenceImage } from '../sequence-image.js';
import { type VisionSpan } from '../vision-runner.js';
import { type Step, type StepContext } from './step.js';

/** Encodes tiles of the sequences that wait for their images, in order, as many as one run takes. */
export function planVision({ vision }: StepContext, waiting: readonly Sequence[]): Step | undefined {
  const images = waiting.flatMap((sequence) => sequence.images.map((image) => ({ sequence, image })));
  const taken = new Map<SequenceImage, VisionSpan>();
  const members = new Set<Sequence>();
  const batch = packTileBatch(
    images.map(({ image }) => image),
    vision.maxTiles,
  );
  for (const { image: index, firstTile, tileCount } of batch) {
    const { sequence, image } = images[index] as (typeof images)[number];
    const { heldTiles: tiles, heldFeatures: features } = image;
    if (tiles === undefined || features === undefined) continue;
    taken.set(image, { tiles, features, firstTile, tileCount });
    members.add(sequence);
  }
  if (taken.size === 0) return undefined;
  return {
    members: [...members],
    bystanders: [],
    run: (signal) => {
      for (const sequence of members) sequence.mark('visionStart');
      return vision.encode([...taken.values()], signal);
    },
    commit: (sequence) => {
      for (const image of sequence.images) {
        image.doneTiles += taken.get(image)?.tileCount ?? 0;
        if (image.isEncoded) image.releaseTiles();
      }
      if (sequence.stage === 'vision') return undefined;
      sequence.mark('visionEnd');
      sequence.hooks.onImagesEncoded();
      return undefined;
    },
  };
}
