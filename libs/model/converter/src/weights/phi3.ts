import { type DecoderFamily } from './decoder-family.js';

/** Phi-3, whose query, key and value as well as gate and up are stored as this project uses them. Source: `modeling_phi3.py`. */
export const phi3Weights: DecoderFamily = {
  embedding: 'language_model.model.embed_tokens.weight',
  finalNorm: 'language_model.model.norm.weight',
  head: 'language_model.lm_head.weight',
  cachesRopeTables: false,
  layer: ({ checkpoint, shape, prefix }) => {
    const { hiddenSize: hidden, intermediateSize: inner } = shape;
    const queryWidth = shape.headCount * shape.headSize;
    const keyWidth = shape.keyValueHeadCount * shape.headSize;
    const tensor = (name: string, dims: readonly number[]) => checkpoint.tensor(`${prefix}.${name}`, dims);
    return {
      inputNorm: tensor('input_layernorm.weight', [hidden]),
      qkv: { weight: tensor('self_attn.qkv_proj.weight', [queryWidth + 2 * keyWidth, hidden]) },
      attentionOutput: { weight: tensor('self_attn.o_proj.weight', [hidden, queryWidth]) },
      postNorm: tensor('post_attention_layernorm.weight', [hidden]),
      gateUp: { weight: tensor('mlp.gate_up_proj.weight', [2 * inner, hidden]) },
      down: { weight: tensor('mlp.down_proj.weight', [hidden, inner]) },
    };
  },
};
