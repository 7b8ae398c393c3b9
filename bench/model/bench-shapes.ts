import { type CheckpointShape, type LanguageShape } from '../../tools/random-checkpoint/checkpoint-shape.js';
import { suRope } from '../../tools/random-checkpoint/rope-settings.js';

/** A Phi-3 model for measurements of the engine. */
export interface BenchShape extends CheckpointShape {
  readonly name: string;
}

type Sizes = Pick<
  LanguageShape,
  'hidden' | 'intermediate' | 'layers' | 'heads' | 'vocabulary' | 'contextTokens'
>;

/** Where what is measured is the decoder. */
const NARROW_VISION = { hidden: 112, heads: 7, intermediate: 448, layers: 2 };
const INTERN_VIT_300M = { hidden: 1024, heads: 16, intermediate: 4096, layers: 24 };

function benchShape(name: string, tileSize: number, sizes: Sizes, vision = NARROW_VISION): BenchShape {
  return {
    name,
    vision: { ...vision, tileSize, isNormalised: false },
    language: {
      ...sizes,
      family: 'phi3',
      kvHeads: sizes.heads,
      ropeTheta: 10_000,
      normEpsilon: 1e-5,
      settings: {
        original_max_position_embeddings: sizes.contextTokens / 4,
        rope_scaling: suRope(sizes.hidden / sizes.heads),
        sliding_window: null,
      },
    },
    settings: {
      dynamic_image_size: true,
      use_thumbnail: true,
      max_dynamic_patch: 12,
      ps_version: 'v2',
      template: 'phi3-chat',
      system_message: 'You answer questions about pictures.',
    },
    tokenizer: 'models/tessera-tiny',
  };
}

/** The shape of models/tessera-tiny. */
export const TINY_SHAPE = benchShape('shape of tessera-tiny (160 wide, 5 layers)', 112, {
  hidden: 160,
  layers: 5,
  heads: 5,
  intermediate: 448,
  vocabulary: 736,
  contextTokens: 4096,
});

/** A decoder large enough that its matrices, not calls, take the time; tiles and image tokens as in the released models. */
export const MIDDLE_SHAPE = benchShape('1024 wide, 8 layers, 8,192 tokens of vocabulary', 448, {
  hidden: 1024,
  layers: 8,
  heads: 16,
  intermediate: 4096,
  vocabulary: 8192,
  contextTokens: 16_384,
});

/** InternViT-300M as it is, with a language model of 438 million parameters. */
export const MEDIUM_SHAPE = benchShape(
  'InternViT-300M and a Phi-3 of 1536 wide, 12 layers',
  448,
  { hidden: 1536, layers: 12, heads: 16, intermediate: 4096, vocabulary: 32_020, contextTokens: 16_384 },
  INTERN_VIT_300M,
);
