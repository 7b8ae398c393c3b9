import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { CheckpointFileInvalidError, CheckpointFileMissingError } from '../errors.js';

const ropeScalingSchema = z.object({
  type: z.string().optional(),
  rope_type: z.string().optional(),
  short_factor: z.array(z.number()).optional(),
  long_factor: z.array(z.number()).optional(),
});

const visionSchema = z.object({
  hidden_size: z.int().default(3200),
  num_attention_heads: z.int().default(25),
  intermediate_size: z.int().default(12800),
  num_hidden_layers: z.int().default(48),
  qkv_bias: z.boolean().default(false),
  qk_normalization: z.boolean().default(true),
  norm_type: z.string().default('rms_norm'),
  layer_norm_eps: z.number().default(1e-6),
  image_size: z.int().default(224),
  patch_size: z.int().default(14),
});

const languageSchema = z.object({
  architectures: z.array(z.string()).min(1),
  hidden_size: z.int(),
  intermediate_size: z.int(),
  num_hidden_layers: z.int(),
  num_attention_heads: z.int(),
  num_key_value_heads: z.int().optional(),
  rms_norm_eps: z.number().default(1e-5),
  rope_theta: z.number().default(10000),
  rope_scaling: ropeScalingSchema.nullish(),
  max_position_embeddings: z.int(),
  original_max_position_embeddings: z.int().optional(),
  sliding_window: z.int().nullish(),
});

/**
 * `config.json` of an InternVL-Chat checkpoint. Defaults are those of the reference's configuration classes: an absent
 * key means what they say, not what is usual.
 */
const checkpointConfigSchema = z.object({
  model_type: z.string(),
  vision_config: visionSchema,
  llm_config: languageSchema,
  use_backbone_lora: z.int().default(0),
  use_llm_lora: z.int().default(0),
  pad2square: z.boolean().default(false),
  select_layer: z.int().default(-1),
  force_image_size: z.int().nullish(),
  downsample_ratio: z.number().default(0.5),
  template: z.string().nullish(),
  dynamic_image_size: z.boolean().default(false),
  use_thumbnail: z.boolean().default(false),
  ps_version: z.string().default('v1'),
  min_dynamic_patch: z.int().default(1),
  max_dynamic_patch: z.int().default(6),
  system_message: z.string().nullish(),
});

export type CheckpointConfig = z.infer<typeof checkpointConfigSchema>;
export type VisionConfig = CheckpointConfig['vision_config'];
export type LanguageConfig = CheckpointConfig['llm_config'];

/** Reads and checks `config.json`. */
export async function readCheckpointConfig(directory: string): Promise<CheckpointConfig> {
  const file = path.join(directory, 'config.json');
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new CheckpointFileMissingError(file, 'a HuggingFace checkpoint directory has one', { cause });
  });
  const parsed = checkpointConfigSchema.safeParse(parseJson(file, text));
  if (!parsed.success) throw new CheckpointFileInvalidError(file, z.prettifyError(parsed.error));
  return parsed.data;
}

/** The parts of the model in words: the language model by its class, the vision encoder by its size. */
export function describeParts({ vision_config: vision, llm_config: language }: CheckpointConfig) {
  return {
    vision_encoder: `InternViT, ${vision.num_hidden_layers} layers of ${vision.hidden_size}`,
    language_model: `${language.architectures[0] ?? 'none'}, ${language.num_hidden_layers} layers of ${language.hidden_size}`,
  };
}

/** Tiles of an image by a checkpoint's configuration. */
export function describeTiles(config: CheckpointConfig) {
  const size = config.force_image_size ?? config.vision_config.image_size;
  const dynamic = config.dynamic_image_size;
  return {
    size_pixels: size,
    min: dynamic ? config.min_dynamic_patch : 1,
    max: dynamic ? config.max_dynamic_patch : 1,
    use_thumbnail: config.use_thumbnail,
    tokens_per_tile: ((size / config.vision_config.patch_size) * config.downsample_ratio) ** 2,
  };
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CheckpointFileInvalidError(file, 'it is not JSON', { cause });
  }
}
