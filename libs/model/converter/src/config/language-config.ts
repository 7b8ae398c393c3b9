import { z } from 'zod';
import { type LanguageConfig, type RopeConfig } from './model-config.js';
import {
  contextSchema,
  epsilonSchema,
  layerCountSchema,
  ropeFactorSchema,
  ropeThetaSchema,
  sizeSchema,
} from './sizes.js';

const ropeSchema = z.object({
  type: z.string().nullish(),
  rope_type: z.string().nullish(),
  rope_theta: ropeThetaSchema.nullish(),
  partial_rotary_factor: z.number().nullish(),
  short_factor: z.array(ropeFactorSchema).nullish(),
  long_factor: z.array(ropeFactorSchema).nullish(),
});

/** `llm_config`, or `text_config` of the native layout. */
export const languageSchema = z.object({
  architectures: z.array(z.string()).nullish(),
  model_type: z.string().nullish(),
  hidden_size: sizeSchema,
  intermediate_size: sizeSchema,
  num_hidden_layers: layerCountSchema,
  num_attention_heads: sizeSchema,
  num_key_value_heads: sizeSchema.nullish(),
  head_dim: sizeSchema.nullish(),
  rms_norm_eps: epsilonSchema,
  hidden_act: z.string().default('silu'),
  rope_theta: ropeThetaSchema.nullish(),
  partial_rotary_factor: z.number().nullish(),
  rope_scaling: ropeSchema.nullish(),
  /** What transformers 5 writes in place of `rope_theta` and `rope_scaling`. */
  rope_parameters: ropeSchema.nullish(),
  max_position_embeddings: contextSchema,
  original_max_position_embeddings: contextSchema.nullish(),
  sliding_window: z.int().nullish(),
  use_sliding_window: z.boolean().nullish(),
  attention_bias: z.boolean().nullish(),
  bias: z.boolean().nullish(),
  tie_word_embeddings: z.boolean().nullish(),
});

type LanguageFields = z.infer<typeof languageSchema>;

const DEFAULT_ROPE_THETA = 10_000;

/** The language model's part of a configuration. `family` is the class that the layout names. */
export function toLanguageConfig(
  fields: LanguageFields,
  family: string,
  outerTiedEmbeddings: boolean | undefined,
): LanguageConfig {
  // Qwen's configurations carry a window that counts only where a flag, by default off, turns it on.
  const usesWindow = fields.use_sliding_window ?? !family.startsWith('Qwen');
  const window = usesWindow ? fields.sliding_window : undefined;
  return {
    family,
    hiddenSize: fields.hidden_size,
    intermediateSize: fields.intermediate_size,
    layerCount: fields.num_hidden_layers,
    headCount: fields.num_attention_heads,
    keyValueHeadCount: fields.num_key_value_heads ?? fields.num_attention_heads,
    headSize: fields.head_dim ?? undefined,
    normEpsilon: fields.rms_norm_eps,
    activation: fields.hidden_act,
    rope: toRopeConfig(fields),
    contextTokens: fields.max_position_embeddings,
    originalContextTokens: fields.original_max_position_embeddings ?? undefined,
    slidingWindowTokens: window ?? undefined,
    attentionBias: fields.attention_bias ?? fields.bias ?? undefined,
    tiedEmbeddings: fields.tie_word_embeddings ?? outerTiedEmbeddings,
  };
}

/** transformers 5 keeps everything in `rope_parameters`, earlier releases have two keys. */
function toRopeConfig(fields: LanguageFields): RopeConfig {
  const { rope_theta: theta, rope_scaling: scaling } = fields;
  const parameters = fields.rope_parameters ?? { rope_theta: theta, ...scaling };
  return {
    theta: parameters.rope_theta ?? theta ?? DEFAULT_ROPE_THETA,
    rotatedShare: parameters.partial_rotary_factor ?? fields.partial_rotary_factor ?? 1,
    type: parameters.type ?? parameters.rope_type ?? 'default',
    shortFactors: parameters.short_factor ?? undefined,
    longFactors: parameters.long_factor ?? undefined,
  };
}
