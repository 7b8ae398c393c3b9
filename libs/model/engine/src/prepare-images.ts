import { type FeatureCache } from './feature-cache.js';
import { type GenerationImage } from './generation.js';
import { type EngineParts } from './load-engine.js';
import { type PlannedPrompt } from './plan-prompt.js';
import { SequenceImage } from './sequence-image.js';
import { tileImage, type Tiling } from './tile-image.js';

export interface ImagePreparation {
  readonly images: readonly GenerationImage[];
  readonly prompt: PlannedPrompt;
  readonly signals: Tiling['signals'];
}

/**
 * A request's images, ready to be encoded or encoded already.
 * One image is decoded at a time, so that a request with many large images holds one of them.
 */
export async function prepareImages(
  parts: Pick<EngineParts, 'runtime' | 'memory' | 'tiler' | 'watchdog' | 'manifest' | 'features'>,
  { images, prompt, signals }: ImagePreparation,
): Promise<SequenceImage[]> {
  for (const signal of signals) signal?.throwIfAborted();
  const prepared: SequenceImage[] = [];
  try {
    for (const [index, image] of images.entries()) {
      const known = knownImage(parts.features, prompt, index);
      prepared.push(known ?? (await tiledImage({ ...parts, signals }, image, { prompt, index })));
    }
    return prepared;
  } catch (error) {
    for (const image of prepared) {
      image.releaseTiles();
      image.releaseFeatures();
    }
    throw error;
  }
}

function knownImage(features: FeatureCache, prompt: PlannedPrompt, index: number): SequenceImage | undefined {
  const content = prompt.images[index]?.content;
  const known = content === undefined ? undefined : features.get(content);
  return known && SequenceImage.encoded(prompt.tilePlans[index]?.tileCount ?? 0, known);
}

async function tiledImage(
  parts: Tiling & Pick<EngineParts, 'manifest' | 'memory'>,
  image: GenerationImage,
  { prompt, index }: { prompt: PlannedPrompt; index: number },
): Promise<SequenceImage> {
  const plan = prompt.tilePlans[index] as PlannedPrompt['tilePlans'][number];
  const tiles = await tileImage(parts, image, plan);
  const { tiles: tileSizes, language_model: model, weights } = parts.manifest;
  const rows = plan.tileCount * tileSizes.tokens_per_tile;
  const features = await parts.memory.allocate(weights.activations, [rows, model.hidden_size]);
  return SequenceImage.toEncode(plan.tileCount, tiles, features);
}
