import { type Checkpoint } from './checkpoint/checkpoint.js';
import { type CheckpointConfig } from './checkpoint/checkpoint-config.js';
import { UnsupportedArchitectureError } from './errors.js';
import { type DecoderShape } from './graphs/decoder-graph.js';
import { type DecoderNames, PHI3_NAMES } from './graphs/decoder-names.js';
import { type VisionShape } from './graphs/vision-graph.js';

/** What one checkpoint is, once its configuration is known to be supported. */
export interface Architecture {
  readonly names: DecoderNames;
  readonly decoder: DecoderShape;
  readonly vision: VisionShape;
}

/** Language models by `llm_config.architectures[0]`. */
const DECODER_NAMES: Record<string, DecoderNames> = { Phi3ForCausalLM: PHI3_NAMES };

/** Settings that change the mathematics and are not implemented: each is refused rather than ignored. */
function refuseUnsupported(config: CheckpointConfig): void {
  const rules: [setting: string, given: unknown, supported: unknown][] = [
    ['model_type', config.model_type, 'internvl_chat'],
    ['use_backbone_lora', config.use_backbone_lora, 0],
    ['use_llm_lora', config.use_llm_lora, 0],
    ['pad2square', config.pad2square, false],
    ['downsample_ratio', config.downsample_ratio, 0.5],
    ['vision_config.norm_type', config.vision_config.norm_type, 'layer_norm'],
    ['vision_config.qk_normalization', config.vision_config.qk_normalization, false],
    ['vision_config.qkv_bias', config.vision_config.qkv_bias, true],
  ];
  for (const [setting, given, supported] of rules) {
    if (given !== supported)
      throw new UnsupportedArchitectureError(setting, String(given), String(supported));
  }
  const window = config.llm_config.sliding_window;
  if (typeof window === 'number' && window < config.llm_config.max_position_embeddings) {
    throw new UnsupportedArchitectureError(
      'llm_config.sliding_window',
      String(window),
      'none within the context',
    );
  }
}

/** Sizes and names of a checkpoint's parts. Throws {@link UnsupportedArchitectureError} for what is not implemented. */
export function describeArchitecture(config: CheckpointConfig, checkpoint: Checkpoint): Architecture {
  refuseUnsupported(config);
  const language = config.llm_config;
  const family = language.architectures[0] ?? 'none';
  const names = DECODER_NAMES[family];
  if (names === undefined) {
    const supported = Object.keys(DECODER_NAMES).join(', ');
    throw new UnsupportedArchitectureError('llm_config.architectures', family, supported);
  }
  const tileSizePixels = config.force_image_size ?? config.vision_config.image_size;
  if (tileSizePixels !== config.vision_config.image_size) {
    const given = `${tileSizePixels} beside an image_size of ${config.vision_config.image_size}`;
    throw new UnsupportedArchitectureError('force_image_size', given, 'the same size');
  }
  const patchesPerSide = tileSizePixels / config.vision_config.patch_size;
  return {
    names,
    decoder: {
      hiddenSize: language.hidden_size,
      intermediateSize: language.intermediate_size,
      layerCount: language.num_hidden_layers,
      headCount: language.num_attention_heads,
      keyValueHeadCount: language.num_key_value_heads ?? language.num_attention_heads,
      headSize: language.hidden_size / language.num_attention_heads,
      vocabularySize: checkpoint.rowCount(names.embedding),
      normEpsilon: language.rms_norm_eps,
    },
    vision: {
      tileSizePixels,
      patchesPerSide,
      tokensPerTile: (patchesPerSide * config.downsample_ratio) ** 2,
      languageHiddenSize: language.hidden_size,
    },
  };
}
