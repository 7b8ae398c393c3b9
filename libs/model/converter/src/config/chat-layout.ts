import { z } from 'zod';
import { languageSchema, toLanguageConfig } from './language-config.js';
import { type ModelConfig, type TileConfig, type VisionConfig } from './model-config.js';
import { IMAGENET_STATISTICS, type PixelStatistics } from './pixel-statistics.js';
import { epsilonSchema, layerCountSchema, layerIndexSchema, sizeSchema, tileCountSchema } from './sizes.js';
import { sharedVisionConfig } from './vision-fields.js';

const visionSchema = z.object({
  hidden_size: sizeSchema.default(3200),
  num_attention_heads: sizeSchema.default(25),
  intermediate_size: sizeSchema.default(12_800),
  num_hidden_layers: layerCountSchema.default(48),
  qkv_bias: z.boolean().default(false),
  qk_normalization: z.boolean().default(true),
  norm_type: z.string().default('rms_norm'),
  layer_norm_eps: epsilonSchema.default(1e-6),
  hidden_act: z.string().default('gelu'),
  image_size: sizeSchema.default(224),
  patch_size: sizeSchema.default(14),
});

/**
 * `config.json` of InternVL's own layout. Defaults are those of the reference's configuration classes: an absent key
 * means what they say, not what is usual.
 */
export const chatLayoutSchema = z.object({
  vision_config: visionSchema,
  llm_config: languageSchema,
  use_backbone_lora: z.int().default(0),
  use_llm_lora: z.int().default(0),
  pad2square: z.boolean().default(false),
  select_layer: layerIndexSchema.default(-1),
  force_image_size: sizeSchema.nullish(),
  downsample_ratio: z.number().default(0.5),
  template: z.string().nullish(),
  dynamic_image_size: z.boolean().default(false),
  use_thumbnail: z.boolean().default(false),
  ps_version: z.string().default('v1'),
  min_dynamic_patch: tileCountSchema.default(1),
  max_dynamic_patch: tileCountSchema.default(6),
  /** A null, as some fine-tunes have it, means that there is none. */
  system_message: z.string().nullish(),
  tie_word_embeddings: z.boolean().nullish(),
});

type ChatFields = z.infer<typeof chatLayoutSchema>;

/** @param statistics of `preprocessor_config.json`, which counts only for models that do not tile. */
export function fromChatLayout(fields: ChatFields, statistics: PixelStatistics | undefined): ModelConfig {
  const { llm_config: language } = fields;
  return {
    layout: 'chat',
    vision: visionOf(fields),
    language: toLanguageConfig(
      language,
      language.architectures?.[0] ?? 'none',
      fields.tie_word_embeddings ?? undefined,
    ),
    tiles: tilesOf(fields, statistics),
    downsampleRatio: fields.downsample_ratio,
    pixelShuffleVersion: fields.ps_version,
    template: fields.template ?? undefined,
    systemMessage: fields.system_message ?? undefined,
    unsupported: unsupportedOf(fields),
  };
}

function visionOf({ vision_config: vision, select_layer }: ChatFields): VisionConfig {
  return {
    ...sharedVisionConfig(vision),
    qkvBias: vision.qkv_bias,
    qkNormEpsilon: vision.qk_normalization ? vision.layer_norm_eps : undefined,
    imageSizePixels: vision.image_size,
    patchSizePixels: vision.patch_size,
    selectLayer: select_layer,
  };
}

function tilesOf(fields: ChatFields, statistics: PixelStatistics | undefined): TileConfig {
  const dynamic = fields.dynamic_image_size;
  return {
    sizePixels: fields.force_image_size ?? fields.vision_config.image_size,
    dynamic,
    min: dynamic ? fields.min_dynamic_patch : 1,
    max: dynamic ? fields.max_dynamic_patch : 1,
    useThumbnail: dynamic && fields.use_thumbnail,
    ...(dynamic ? IMAGENET_STATISTICS : (statistics ?? IMAGENET_STATISTICS)),
  };
}

function unsupportedOf(fields: ChatFields): [string, string, string][] {
  const merged = 'checkpoints whose LoRA is merged (internvl_chat/tools/merge_lora.py of InternVL does it)';
  const rules: [setting: string, given: unknown, supported: unknown, words: string][] = [
    ['use_backbone_lora', fields.use_backbone_lora, 0, merged],
    ['use_llm_lora', fields.use_llm_lora, 0, merged],
    ['pad2square', fields.pad2square, false, 'false'],
    [
      'force_image_size',
      fields.force_image_size ?? fields.vision_config.image_size,
      fields.vision_config.image_size,
      'the image_size of the vision encoder',
    ],
  ];
  return rules
    .filter(([, given, supported]) => given !== supported)
    .map(([setting, given, , words]) => [setting, String(given), words]);
}
