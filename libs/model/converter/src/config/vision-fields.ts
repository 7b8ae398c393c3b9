import { type VisionConfig } from './model-config.js';

/** What both layouts have under the same name in their `vision_config`. */
interface VisionFields {
  readonly hidden_size: number;
  readonly num_attention_heads: number;
  readonly intermediate_size: number;
  readonly num_hidden_layers: number;
  readonly norm_type: string;
  readonly layer_norm_eps: number;
  readonly hidden_act: string;
}

type SharedVisionConfig = Pick<
  VisionConfig,
  'hiddenSize' | 'headCount' | 'intermediateSize' | 'layerCount' | 'normType' | 'normEpsilon' | 'activation'
>;

export function sharedVisionConfig(fields: VisionFields): SharedVisionConfig {
  return {
    hiddenSize: fields.hidden_size,
    headCount: fields.num_attention_heads,
    intermediateSize: fields.intermediate_size,
    layerCount: fields.num_hidden_layers,
    normType: fields.norm_type,
    normEpsilon: fields.layer_norm_eps,
    activation: fields.hidden_act,
  };
}
