import { INTERNVL2_5_SYSTEM_MESSAGE, NATIVE_TEMPLATE } from '@tessera/chat-template';
import { z } from 'zod';
import { languageSchema, toLanguageConfig } from './language-config.js';
import { type ModelConfig, type VisionConfig } from './model-config.js';
import { IMAGENET_STATISTICS, type PreprocessorFields, statisticsOf } from './pixel-statistics.js';
import { epsilonSchema, layerCountSchema, layerIndexSchema, sizeSchema } from './sizes.js';
import { sharedVisionConfig } from './vision-fields.js';

/** A size, or the same size twice. */
const sideSchema = z.union([sizeSchema, z.array(sizeSchema).min(1)]);

const visionSchema = z.object({
  hidden_size: sizeSchema.default(1024),
  num_attention_heads: sizeSchema.default(16),
  intermediate_size: sizeSchema.default(4096),
  num_hidden_layers: layerCountSchema.default(24),
  attention_bias: z.boolean().default(false),
  use_qk_norm: z.boolean().default(false),
  norm_type: z.string().default('layer_norm'),
  layer_norm_eps: epsilonSchema.default(1e-6),
  hidden_act: z.string().default('gelu'),
  image_size: sideSchema.default([448, 448]),
  patch_size: sideSchema.default([14, 14]),
});

/** `config.json` of transformers' own InternVL, with the defaults of its configuration classes. */
export const nativeLayoutSchema = z.object({
  vision_config: visionSchema,
  text_config: languageSchema,
  downsample_ratio: z.number().default(0.5),
  projector_hidden_act: z.string().default('gelu'),
  vision_feature_layer: layerIndexSchema.default(-1),
  vision_feature_select_strategy: z.string().default('default'),
  tie_word_embeddings: z.boolean().nullish(),
});

type NativeFields = z.infer<typeof nativeLayoutSchema>;

/** This layout names its language model by `model_type` alone. */
const FAMILY_BY_MODEL_TYPE: ReadonlyMap<string, string> = new Map([
  ['llama', 'LlamaForCausalLM'],
  ['qwen2', 'Qwen2ForCausalLM'],
  ['qwen3', 'Qwen3ForCausalLM'],
]);

/** Epsilon of transformers' norm over queries and keys, whatever `layer_norm_eps` says. */
const QK_NORM_EPSILON = 1e-6;
/** Tiles of transformers' processor for InternVL. */
const DEFAULT_MIN_TILES = 1;
const DEFAULT_MAX_TILES = 12;

/** What a checkpoint of this layout has beside its `config.json`. */
interface Companions {
  readonly preprocessor: PreprocessorFields | undefined;
  /** Whether it brings a chat template, which then has no system message of its own. */
  readonly hasOwnTemplate: boolean;
}

/** The layout says nothing of the thumbnail: all its models are of the InternVL2.5 generation or later. */
export function fromNativeLayout(
  fields: NativeFields,
  { preprocessor, hasOwnTemplate }: Companions,
): ModelConfig {
  const language = fields.text_config;
  const modelType = language.model_type ?? 'none';
  const statistics = preprocessor === undefined ? IMAGENET_STATISTICS : statisticsOf(preprocessor);
  const vision = visionOf(fields);
  return {
    layout: 'native',
    vision,
    language: toLanguageConfig(
      language,
      FAMILY_BY_MODEL_TYPE.get(modelType) ?? modelType,
      fields.tie_word_embeddings ?? undefined,
    ),
    tiles: {
      sizePixels: vision.imageSizePixels,
      dynamic: true,
      min: preprocessor?.min_patches ?? DEFAULT_MIN_TILES,
      max: preprocessor?.max_patches ?? DEFAULT_MAX_TILES,
      useThumbnail: true,
      ...statistics,
    },
    downsampleRatio: fields.downsample_ratio,
    pixelShuffleVersion: 'v2',
    template: NATIVE_TEMPLATE,
    systemMessage: hasOwnTemplate ? undefined : INTERNVL2_5_SYSTEM_MESSAGE,
    unsupported: unsupportedOf(fields),
  };
}

function visionOf({ vision_config: vision, vision_feature_layer }: NativeFields): VisionConfig {
  return {
    ...sharedVisionConfig(vision),
    qkvBias: vision.attention_bias,
    qkNormEpsilon: vision.use_qk_norm ? QK_NORM_EPSILON : undefined,
    imageSizePixels: firstSide(vision.image_size),
    patchSizePixels: firstSide(vision.patch_size),
    selectLayer: vision_feature_layer,
  };
}

function firstSide(side: z.infer<typeof sideSchema>): number {
  return typeof side === 'number' ? side : (side[0] as number);
}

function unsupportedOf(fields: NativeFields): [string, string, string][] {
  const { image_size, patch_size } = fields.vision_config;
  const isSquare = (side: z.infer<typeof sideSchema>): boolean =>
    typeof side === 'number' || new Set(side).size === 1;
  const rules: [broken: boolean, entry: [string, string, string]][] = [
    [
      fields.vision_feature_select_strategy !== 'default',
      ['vision_feature_select_strategy', fields.vision_feature_select_strategy, 'default'],
    ],
    [fields.projector_hidden_act !== 'gelu', ['projector_hidden_act', fields.projector_hidden_act, 'gelu']],
    [!isSquare(image_size), ['vision_config.image_size', String(image_size), 'a square']],
    [!isSquare(patch_size), ['vision_config.patch_size', String(patch_size), 'a square']],
  ];
  return rules.filter(([broken]) => broken).map(([, entry]) => entry);
}
