import { headSizeOf, type LanguageFamily, type LanguageShape } from './checkpoint-shape.js';
import { factor, matrix, offset, type TensorSpec } from './tensor-spec.js';

type ListLayer = (shape: LanguageShape, prefix: string) => TensorSpec[];

/** Names of a family's tensors outside of its layers, and its layers. */
interface Family {
  readonly embedding: string;
  readonly head: string;
  readonly listLayer: ListLayer;
}

const FAMILIES: Record<LanguageFamily, Family> = {
  phi3: { embedding: 'model.embed_tokens.weight', head: 'lm_head.weight', listLayer: listPhi3Layer },
  internlm2: {
    embedding: 'model.tok_embeddings.weight',
    head: 'output.weight',
    listLayer: listInternLm2Layer,
  },
  llama: { embedding: 'model.embed_tokens.weight', head: 'lm_head.weight', listLayer: listLlamaLayer },
  qwen2: { embedding: 'model.embed_tokens.weight', head: 'lm_head.weight', listLayer: listQwen2Layer },
};

/** `language_model.*`. Embedding and head are never tied in these checkpoints. */
export function listLanguageTensors(shape: LanguageShape): TensorSpec[] {
  const { embedding, head, listLayer } = FAMILIES[shape.family];
  const { layers, vocabulary, hidden } = shape;
  const perLayer = Array.from({ length: layers }, (_, layer) =>
    listLayer(shape, `language_model.model.layers.${layer}`),
  );
  return [
    offset(`language_model.${embedding}`, vocabulary, hidden),
    ...perLayer.flat(),
    factor('language_model.model.norm.weight', hidden),
    { ...matrix(`language_model.${head}`, vocabulary, hidden), isHead: true },
  ];
}

/** Rows of the queries, and of the keys or the values. */
function attentionRows(shape: LanguageShape): { query: number; keyValue: number } {
  const headSize = headSizeOf(shape);
  return { query: shape.heads * headSize, keyValue: shape.kvHeads * headSize };
}

function listPhi3Layer(shape: LanguageShape, prefix: string): TensorSpec[] {
  const { hidden, intermediate } = shape;
  const { query, keyValue } = attentionRows(shape);
  return [
    matrix(`${prefix}.self_attn.o_proj.weight`, hidden, query),
    matrix(`${prefix}.self_attn.qkv_proj.weight`, query + 2 * keyValue, hidden),
    matrix(`${prefix}.mlp.gate_up_proj.weight`, 2 * intermediate, hidden),
    matrix(`${prefix}.mlp.down_proj.weight`, hidden, intermediate),
    factor(`${prefix}.input_layernorm.weight`, hidden),
    factor(`${prefix}.post_attention_layernorm.weight`, hidden),
  ];
}

function listInternLm2Layer(shape: LanguageShape, prefix: string): TensorSpec[] {
  const { hidden, intermediate } = shape;
  const { query, keyValue } = attentionRows(shape);
  return [
    matrix(`${prefix}.attention.wqkv.weight`, query + 2 * keyValue, hidden),
    matrix(`${prefix}.attention.wo.weight`, hidden, query),
    matrix(`${prefix}.feed_forward.w1.weight`, intermediate, hidden),
    matrix(`${prefix}.feed_forward.w3.weight`, intermediate, hidden),
    matrix(`${prefix}.feed_forward.w2.weight`, hidden, intermediate),
    factor(`${prefix}.attention_norm.weight`, hidden),
    factor(`${prefix}.ffn_norm.weight`, hidden),
  ];
}

function listLlamaLayer(shape: LanguageShape, prefix: string): TensorSpec[] {
  const { hidden, intermediate } = shape;
  const { query, keyValue } = attentionRows(shape);
  return [
    matrix(`${prefix}.self_attn.q_proj.weight`, query, hidden),
    matrix(`${prefix}.self_attn.k_proj.weight`, keyValue, hidden),
    matrix(`${prefix}.self_attn.v_proj.weight`, keyValue, hidden),
    matrix(`${prefix}.self_attn.o_proj.weight`, hidden, query),
    matrix(`${prefix}.mlp.gate_proj.weight`, intermediate, hidden),
    matrix(`${prefix}.mlp.up_proj.weight`, intermediate, hidden),
    matrix(`${prefix}.mlp.down_proj.weight`, hidden, intermediate),
    factor(`${prefix}.input_layernorm.weight`, hidden),
    factor(`${prefix}.post_attention_layernorm.weight`, hidden),
  ];
}

/** LLaMA's, and biases on queries, keys and values. */
function listQwen2Layer(shape: LanguageShape, prefix: string): TensorSpec[] {
  const { query, keyValue } = attentionRows(shape);
  return [
    ...listLlamaLayer(shape, prefix),
    offset(`${prefix}.self_attn.q_proj.bias`, query),
    offset(`${prefix}.self_attn.k_proj.bias`, keyValue),
    offset(`${prefix}.self_attn.v_proj.bias`, keyValue),
  ];
}
