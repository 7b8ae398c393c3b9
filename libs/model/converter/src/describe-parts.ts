import { type ModelConfig } from './config/model-config.js';
import { type ModelManifest } from './manifest.js';

/** The parts of the model in words: the language model by its class, the vision encoder by its size. */
export function describeParts({ vision, language }: ModelConfig) {
  return {
    vision_encoder: `InternViT, ${vision.layerCount} layers of ${vision.hiddenSize}`,
    language_model: `${language.family}, ${language.layerCount} layers of ${language.hiddenSize}`,
  };
}

/** Tiles of an image by a checkpoint's configuration. */
export function describeTiles({ tiles, vision, downsampleRatio }: ModelConfig): ModelManifest['tiles'] {
  return {
    size_pixels: tiles.sizePixels,
    dynamic: tiles.dynamic,
    min: tiles.min,
    max: tiles.max,
    use_thumbnail: tiles.useThumbnail,
    tokens_per_tile: ((tiles.sizePixels / vision.patchSizePixels) * downsampleRatio) ** 2,
  };
}
