import { type DecoderFamily, type LayerSource } from './decoder-family.js';
import { type Linear } from './linear.js';
import { stackRows, type Weight } from './weight.js';

/** What sets the families with LLaMA's tensor names apart. */
interface LlamaTraits {
  /** Queries, keys and values have biases whatever the configuration says (Qwen2). */
  readonly qkvBias?: boolean;
  /** Queries and keys are normed head by head (Qwen3). */
  readonly headNorms?: boolean;
  readonly defaultHeadSize?: number;
  /** Whether InternVL's own code keeps the rope tables in the type of the weights (transformers 4.37 does). */
  readonly cachesRopeTables: boolean;
}

/** LLaMA, Yi, Qwen2, Qwen2.5 and Qwen3. Source: their modules in transformers. */
export function llamaWeights(traits: LlamaTraits): DecoderFamily {
  return {
    embedding: 'language_model.model.embed_tokens.weight',
    finalNorm: 'language_model.model.norm.weight',
    head: 'language_model.lm_head.weight',
    ...(traits.defaultHeadSize === undefined ? {} : { defaultHeadSize: traits.defaultHeadSize }),
    cachesRopeTables: traits.cachesRopeTables,
    layer: (source) => {
      const { checkpoint, shape, prefix } = source;
      const { hiddenSize: hidden, intermediateSize: inner, headSize } = shape;
      const tensor = (name: string, dims: readonly number[]) => checkpoint.tensor(`${prefix}.${name}`, dims);
      return {
        inputNorm: tensor('input_layernorm.weight', [hidden]),
        ...attention(source, traits),
        ...(traits.headNorms === true && {
          headNorms: {
            query: tensor('self_attn.q_norm.weight', [headSize]),
            key: tensor('self_attn.k_norm.weight', [headSize]),
          },
        }),
        postNorm: tensor('post_attention_layernorm.weight', [hidden]),
        gateUp: {
          weight: stackRows([
            tensor('mlp.gate_proj.weight', [inner, hidden]),
            tensor('mlp.up_proj.weight', [inner, hidden]),
          ]),
        },
        down: { weight: tensor('mlp.down_proj.weight', [hidden, inner]) },
      };
    },
  };
}

function attention(
  { checkpoint, config, shape, prefix }: LayerSource,
  { qkvBias = false }: LlamaTraits,
): { qkv: Linear; attentionOutput: Linear } {
  const { hiddenSize: hidden } = shape;
  const queryWidth = shape.headCount * shape.headSize;
  const keyWidth = shape.keyValueHeadCount * shape.headSize;
  const all = config.attentionBias === true;
  const projection = (name: string, dims: [number, number]): Weight =>
    checkpoint.tensor(`${prefix}.self_attn.${name}_proj.weight`, dims);
  const bias = (name: string, width: number): Weight =>
    checkpoint.tensor(`${prefix}.self_attn.${name}_proj.bias`, [width]);
  return {
    qkv: {
      weight: stackRows([
        projection('q', [queryWidth, hidden]),
        projection('k', [keyWidth, hidden]),
        projection('v', [keyWidth, hidden]),
      ]),
      ...((qkvBias || all) && {
        bias: stackRows([bias('q', queryWidth), bias('k', keyWidth), bias('v', keyWidth)]),
      }),
    },
    attentionOutput: {
      weight: projection('o', [hidden, queryWidth]),
      ...(all && { bias: bias('o', hidden) }),
    },
  };
}
