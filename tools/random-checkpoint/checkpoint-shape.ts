/** Sizes of an InternViT. */
export interface VisionShape {
  readonly hidden: number;
  readonly heads: number;
  readonly intermediate: number;
  readonly layers: number;
  /** Side of a tile; a tile has (side / 28)² image tokens. */
  readonly tileSize: number;
  /** The 6B encoder: RMS norms, queries and keys normalised, no bias on them. Otherwise that of 300M: layer norms, biases. */
  readonly isNormalised: boolean;
}

export type LanguageFamily = 'phi3' | 'internlm2' | 'llama' | 'qwen2';

/** Sizes of a language model. */
export interface LanguageShape {
  readonly family: LanguageFamily;
  readonly hidden: number;
  readonly intermediate: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly vocabulary: number;
  readonly contextTokens: number;
  readonly ropeTheta: number;
  readonly normEpsilon: number;
  /** Keys of `llm_config` that only this family or model has. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** What a checkpoint is, without its weights. */
export interface CheckpointShape {
  readonly vision: VisionShape;
  readonly language: LanguageShape;
  /** Keys of the outer `config.json` that differ between models: template, tiling, pixel shuffle. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Folder of the repository whose tokenizer is taken. Ids from its size up to `vocabulary` have no text. */
  readonly tokenizer: string;
}

export const headSizeOf = ({ hidden, heads }: { hidden: number; heads: number }): number => hidden / heads;

/** A smaller checkpoint of the same architecture. */
export interface Reduction {
  /** Layers of the language model. */
  readonly layers?: number;
  readonly visionLayers?: number;
  /** Factor on widths, heads and vocabulary: 0 to 1. */
  readonly scale?: number;
}

/** The tokenizers that are taken have fewer tokens than this. */
const SMALLEST_VOCABULARY = 1024;

/** Fewer layers, fewer heads of the same size. Heads a key-value head stay as many, so hidden sizes are scaled roughly. */
export function reduceShape(shape: CheckpointShape, reduction: Reduction): CheckpointShape {
  const { vision, language } = shape;
  const { scale = 1, layers = language.layers, visionLayers = vision.layers } = reduction;
  const scaled = (size: number, step: number): number =>
    Math.max(step, step * Math.round((size * scale) / step));
  const visionHeads = scaled(vision.heads, 1);
  const kvHeads = scaled(language.kvHeads, 1);
  const heads = kvHeads * (language.heads / language.kvHeads);
  return {
    ...shape,
    vision: {
      ...vision,
      layers: visionLayers,
      heads: visionHeads,
      hidden: visionHeads * headSizeOf(vision),
      intermediate: scaled(vision.intermediate, 64),
    },
    language: {
      ...language,
      layers,
      kvHeads,
      heads,
      hidden: heads * headSizeOf(language),
      intermediate: scaled(language.intermediate, 64),
      vocabulary: Math.max(
        scaled(language.vocabulary, 1),
        Math.min(SMALLEST_VOCABULARY, language.vocabulary),
      ),
    },
  };
}
