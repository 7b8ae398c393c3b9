/** Names of a language model's weights, which is most of what sets families apart. */
export interface DecoderNames {
  readonly embedding: string;
  readonly finalNorm: string;
  readonly head: string;
  inputNorm(layer: number): string;
  postNorm(layer: number): string;
  /** Rows: all query heads, all key heads, all value heads. */
  qkv(layer: number): string;
  attentionOutput(layer: number): string;
  /** Rows: gate, then up. */
  gateUp(layer: number): string;
  down(layer: number): string;
}

const layerOf = (layer: number): string => `language_model.model.layers.${layer}`;

/** Phi-3, whose query, key and value as well as gate and up are stored fused. */
export const PHI3_NAMES: DecoderNames = {
  embedding: 'language_model.model.embed_tokens.weight',
  finalNorm: 'language_model.model.norm.weight',
  head: 'language_model.lm_head.weight',
  inputNorm: (layer) => `${layerOf(layer)}.input_layernorm.weight`,
  postNorm: (layer) => `${layerOf(layer)}.post_attention_layernorm.weight`,
  qkv: (layer) => `${layerOf(layer)}.self_attn.qkv_proj.weight`,
  attentionOutput: (layer) => `${layerOf(layer)}.self_attn.o_proj.weight`,
  gateUp: (layer) => `${layerOf(layer)}.mlp.gate_up_proj.weight`,
  down: (layer) => `${layerOf(layer)}.mlp.down_proj.weight`,
};
