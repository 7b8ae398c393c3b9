import { type Linear } from './linear.js';
import { type Weight } from './weight.js';

/** Layer norm with a bias, RMS norm without one. */
export interface Norm {
  readonly weight: Weight;
  readonly bias?: Weight;
}

/** One encoder layer's weights, in the form that both layouts are brought to. */
export interface VisionLayerWeights {
  readonly norm1: Norm;
  /** Output rows: all of the queries, all of the keys, all of the values. */
  readonly qkv: Linear;
  /** RMS norms over all heads of queries and keys together. */
  readonly qkNorms?: { readonly query: Weight; readonly key: Weight };
  readonly projection: Linear;
  /** Layer scales of attention and MLP. */
  readonly scale1: Weight;
  readonly norm2: Norm;
  readonly fc1: Linear;
  readonly fc2: Linear;
  readonly scale2: Weight;
}

/** Weights of vision encoder and projector, whatever layout they are stored in. */
export interface VisionWeights {
  /** [1, 1, hidden] */
  readonly classEmbedding: Weight;
  /** Weight [hidden, 3, patch, patch]. */
  readonly patchEmbedding: Linear;
  /** [1, 1 + patches, hidden] */
  readonly positionEmbedding: Weight;
  layer(index: number): VisionLayerWeights;
  readonly projector: {
    readonly norm: Required<Norm>;
    readonly linear1: Linear;
    readonly linear2: Linear;
  };
}
