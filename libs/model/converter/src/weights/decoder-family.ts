import { type Checkpoint } from '../checkpoint/checkpoint.js';
import { type LanguageConfig } from '../config/model-config.js';
import { type Linear } from './linear.js';
import { type Weight } from './weight.js';

/** Sizes of a decoder-only language model. */
export interface DecoderShape {
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly layerCount: number;
  readonly headCount: number;
  readonly keyValueHeadCount: number;
  readonly headSize: number;
  readonly vocabularySize: number;
  readonly normEpsilon: number;
}

/** One decoder layer's weights, in the form that all families are brought to. */
export interface DecoderLayerWeights {
  readonly inputNorm: Weight;
  /** Output rows: all query heads, all key heads, all value heads. */
  readonly qkv: Linear;
  /** RMS norms over each head of queries and keys, before rotation. */
  readonly headNorms?: { readonly query: Weight; readonly key: Weight };
  readonly attentionOutput: Linear;
  readonly postNorm: Weight;
  /** Output rows: gate, then up. */
  readonly gateUp: Linear;
  readonly down: Linear;
}

/** Where a family keeps its weights, and what it adds to the common mathematics. */
export interface DecoderFamily {
  /** Name of the embedding table, whose rows are the vocabulary. */
  readonly embedding: string;
  readonly finalNorm: string;
  readonly head: string;
  /** Where the configuration gives none and it is not the hidden size divided by the heads. */
  readonly defaultHeadSize?: number;
  /** Whether InternVL's own code keeps this family's rope tables in the type of the weights. */
  readonly cachesRopeTables: boolean;
  layer(source: LayerSource): DecoderLayerWeights;
}

/** What a family needs to find one layer's weights. */
export interface LayerSource {
  readonly checkpoint: Checkpoint;
  readonly config: LanguageConfig;
  readonly shape: DecoderShape;
  /** Name of the layer's tensors up to its number, such as `language_model.model.layers.0`. */
  readonly prefix: string;
}
