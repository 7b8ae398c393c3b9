import { type CheckpointShape, type LanguageShape, type VisionShape } from './checkpoint-shape.js';
import { dynamicRope, suRope } from './rope-settings.js';

/** A released model: what its checkpoint is, and what all of its tensors add up to. */
export interface ReleasedModel {
  readonly shape: CheckpointShape;
  /** Published sizes: the tool refuses to write something else at full size. */
  readonly totals: { readonly tensors: number; readonly parameters: number };
}

const VIT_300M: VisionShape = {
  hidden: 1024,
  heads: 16,
  intermediate: 4096,
  layers: 24,
  tileSize: 448,
  isNormalised: false,
};
const VIT_6B: VisionShape = {
  hidden: 3200,
  heads: 25,
  intermediate: 12_800,
  layers: 45,
  tileSize: 448,
  isNormalised: true,
};

const PHI3_MINI: LanguageShape = {
  family: 'phi3',
  hidden: 3072,
  intermediate: 8192,
  layers: 32,
  heads: 32,
  kvHeads: 32,
  vocabulary: 32_020,
  contextTokens: 131_072,
  ropeTheta: 10_000,
  normEpsilon: 1e-5,
  settings: {
    bos_token_id: 1,
    eos_token_id: 32_000,
    pad_token_id: 32_000,
    original_max_position_embeddings: 4096,
    rope_scaling: suRope(96),
    sliding_window: 262_144,
    embd_pdrop: 0,
    resid_pdrop: 0,
  },
};

const INTERNLM2: Omit<LanguageShape, 'hidden' | 'intermediate' | 'layers' | 'heads'> = {
  family: 'internlm2',
  kvHeads: 8,
  vocabulary: 92_553,
  contextTokens: 32_768,
  ropeTheta: 1_000_000,
  normEpsilon: 1e-5,
  settings: {
    bias: false,
    bos_token_id: 1,
    eos_token_id: 2,
    pad_token_id: 2,
    rope_scaling: dynamicRope(2),
  },
};
const INTERNLM2_1_8B = { ...INTERNLM2, hidden: 2048, intermediate: 8192, layers: 24, heads: 16 };
const INTERNLM2_7B = { ...INTERNLM2, hidden: 4096, intermediate: 14_336, layers: 32, heads: 32 };
const INTERNLM2_20B = {
  ...INTERNLM2,
  hidden: 6144,
  intermediate: 16_384,
  layers: 48,
  heads: 48,
  settings: { ...INTERNLM2.settings, rope_scaling: dynamicRope(3) },
};

/** Nous-Hermes-2-Yi-34B. Its vocabulary is the base model's and the nine tokens that fine-tuning adds. */
const YI_34B: LanguageShape = {
  family: 'llama',
  hidden: 7168,
  intermediate: 20_480,
  layers: 60,
  heads: 56,
  kvHeads: 8,
  vocabulary: 64_009,
  contextTokens: 4096,
  ropeTheta: 5_000_000,
  normEpsilon: 1e-5,
  settings: { bos_token_id: 1, eos_token_id: 2, pad_token_id: 0, pretraining_tp: 1, rope_scaling: null },
};

const QWEN2: Omit<LanguageShape, 'hidden' | 'intermediate' | 'layers' | 'heads' | 'kvHeads' | 'vocabulary'> =
  {
    family: 'qwen2',
    contextTokens: 32_768,
    ropeTheta: 1_000_000,
    normEpsilon: 1e-6,
    settings: {
      bos_token_id: 151_643,
      eos_token_id: 151_645,
      sliding_window: 32_768,
      use_sliding_window: false,
    },
  };
const QWEN2_0_5B = { ...QWEN2, hidden: 896, intermediate: 4864, layers: 24, heads: 14, kvHeads: 2 };
const QWEN2_5_1_5B = { ...QWEN2, hidden: 1536, intermediate: 8960, layers: 28, heads: 12, kvHeads: 2 };
const QWEN2_5_3B = { ...QWEN2, hidden: 2048, intermediate: 11_008, layers: 36, heads: 16, kvHeads: 2 };
const QWEN2_5_7B = { ...QWEN2, hidden: 3584, intermediate: 18_944, layers: 28, heads: 28, kvHeads: 4 };
const QWEN2_VOCABULARY = 151_655;
const QWEN2_5_VOCABULARY = 151_674;

const TILED = { dynamic_image_size: true, use_thumbnail: true, max_dynamic_patch: 12, ps_version: 'v2' };
/** One tile an image; the key of the pixel shuffle is absent, which means its first version. */
const UNTILED = { dynamic_image_size: false, use_thumbnail: false, max_dynamic_patch: 1 };
const tokenizerOf = (model: string): string => `test/golden/${model}/checkpoint`;

function tiled(
  vision: VisionShape,
  language: LanguageShape,
  template: string,
  model: string,
): CheckpointShape {
  return { vision, language, settings: { ...TILED, template }, tokenizer: tokenizerOf(model) };
}
const phi3 = tiled(VIT_300M, PHI3_MINI, 'phi3-chat', 'mini-internvl-chat-4b-v1-5');
const internLm2 = (
  vision: VisionShape,
  language: LanguageShape,
  template = 'internlm2-chat',
): CheckpointShape => tiled(vision, language, template, 'mini-internvl-chat-2b-v1-5');
const qwen = (language: Omit<LanguageShape, 'vocabulary'>, template = 'internvl2_5'): CheckpointShape => {
  const vocabulary = template === 'internvl2_5' ? QWEN2_5_VOCABULARY : QWEN2_VOCABULARY;
  return tiled(VIT_300M, { ...language, vocabulary }, template, 'internvl2_5-4b');
};
const hermesYi: CheckpointShape = {
  vision: VIT_6B,
  language: YI_34B,
  settings: { ...UNTILED, template: 'Hermes-2' },
  tokenizer: tokenizerOf('internvl-chat-v1-2'),
};

const model = (shape: CheckpointShape, tensors: number, parameters: number): ReleasedModel => ({
  shape,
  totals: { tensors, parameters },
});

/** Models whose sizes are public, by the name of their repository in lower case. */
export const RELEASED_MODELS: Readonly<Record<string, ReleasedModel>> = {
  'mini-internvl-chat-4b-v1-5': model(phi3, 541, 4_146_855_936),
  'mini-internvl-chat-2b-v1-5': model(internLm2(VIT_300M, INTERNLM2_1_8B), 517, 2_205_754_368),
  'internvl-chat-v1-5': model(internLm2(VIT_6B, INTERNLM2_20B), 934, 25_514_186_112),
  'internvl-chat-v1-2': model(hermesYi, 1138, 40_068_712_832),
  'internvl2-1b': model(qwen(QWEN2_0_5B, 'Hermes-2'), 637, 938_158_976),
  'internvl2-8b': model(internLm2(VIT_300M, INTERNLM2_7B), 573, 8_075_365_376),
  'internvl2_5-1b': model(qwen(QWEN2_0_5B), 637, 938_193_024),
  'internvl2_5-2b': model(internLm2(VIT_300M, INTERNLM2_1_8B, 'internvl2_5'), 517, 2_205_754_368),
  'internvl2_5-4b': model(qwen(QWEN2_5_3B), 781, 3_712_637_952),
  'internvl2_5-8b': model(internLm2(VIT_300M, INTERNLM2_7B, 'internvl2_5'), 573, 8_075_365_376),
  'internvl3-2b': model(qwen(QWEN2_5_1_5B), 685, 2_088_957_440),
  'internvl3-8b': model(qwen(QWEN2_5_7B), 685, 7_944_373_760),
};
