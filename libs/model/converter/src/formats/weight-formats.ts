/** Type of the numbers between operators. */
export type ActivationType = 'float32' | 'float16';

/** Matrices in the activations' own type. */
export interface FloatFormat {
  readonly kind: 'float';
}

/** Whole numbers of 4 or 8 bits with a scale for every block of a row. */
export interface BlockFormat {
  readonly kind: 'blocks';
  readonly bits: 4 | 8;
  /** Consecutive inputs that share a scale: a power of two of at least 16. */
  readonly blockSize: number;
  /**
   * Precision in which the CPU multiplies (`accuracy_level` of MatMulNBits): 4 rounds activations to 8 bits block by block
   * and is the fast one, 1 keeps them in float32. Other devices take no notice.
   */
  readonly accuracyLevel: 0 | 1 | 4;
}

/**
 * Whole numbers of 8 bits with a scale for every output, multiplied in 8 bits by a CPU: inputs are rounded with one scale for
 * all of a run (`DynamicQuantizeMatMul`). The fastest way through many rows, but only for runs that hold one thing: what
 * shared a run would share its rounding.
 */
export interface DynamicFormat {
  readonly kind: 'dynamic';
}

/**
 * Numbers as in {@link DynamicFormat}, and inputs rounded row by row: slower by a tenth, but one row with large inputs costs
 * the others nothing, and runs may be shared.
 */
export interface RowsFormat {
  readonly kind: 'rows';
}

export type MatrixFormat = FloatFormat | BlockFormat | DynamicFormat | RowsFormat;

/** How the embedding table is stored; it is read by row, never multiplied. */
export type EmbeddingFormat = 'float32' | 'float16' | 'int8' | 'int4';

/** Number formats of all of a model's weights. Norms, biases, scales and the patch embedding stay in the activations' type. */
export interface WeightFormats {
  readonly activations: ActivationType;
  /** Layers of the vision encoder, and the projector. */
  readonly vision: MatrixFormat;
  /** Layers of the language model. */
  readonly languageModel: MatrixFormat;
  /** The same layers in a graph of their own for prompts; undefined where one graph does both. */
  readonly prefill: MatrixFormat | undefined;
  /** The output layer, from hidden state to logits. */
  readonly head: MatrixFormat;
  readonly embeddings: EmbeddingFormat;
}
