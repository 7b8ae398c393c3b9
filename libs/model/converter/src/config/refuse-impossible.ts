import { CheckpointFileInvalidError } from '../errors/index.js';
import { type ModelConfig } from './model-config.js';
import { usedLayerCount } from './used-layers.js';

/** Settings that are each possible and together are not. Throws {@link CheckpointFileInvalidError}. */
export function refuseImpossible(file: string, { vision, language, tiles }: ModelConfig): void {
  const used = usedLayerCount(vision);
  const rules: [broken: boolean, reason: string][] = [
    [
      vision.hiddenSize % vision.headCount !== 0,
      `vision_config.num_attention_heads is ${vision.headCount}, which does not divide hidden_size ${vision.hiddenSize}`,
    ],
    [
      language.headCount % language.keyValueHeadCount !== 0,
      `num_key_value_heads is ${language.keyValueHeadCount}, which does not divide num_attention_heads ${language.headCount}`,
    ],
    [
      used < 1 || used > vision.layerCount,
      `the selected layer is ${vision.selectLayer}, the vision encoder has ${vision.layerCount}`,
    ],
    [tiles.min > tiles.max, `the fewest tiles of an image are ${tiles.min}, the most ${tiles.max}`],
  ];
  for (const [broken, reason] of rules) {
    if (broken) throw new CheckpointFileInvalidError(file, reason);
  }
}
