import { type DecoderFamily, type DecoderShape } from './decoder-family.js';
import { sliceRows, stackRows, type Weight } from './weight.js';

/** InternLM2 and InternLM2.5. Source: `modeling_internlm2.py`. */
export const internLm2Weights: DecoderFamily = {
  embedding: 'language_model.model.tok_embeddings.weight',
  finalNorm: 'language_model.model.norm.weight',
  head: 'language_model.output.weight',
  cachesRopeTables: true,
  layer: ({ checkpoint, config, shape, prefix }) => {
    const { hiddenSize: hidden, intermediateSize: inner } = shape;
    const queryWidth = shape.headCount * shape.headSize;
    const allWidth = queryWidth + 2 * shape.keyValueHeadCount * shape.headSize;
    // The configuration class says true, every released configuration false.
    const biased = config.attentionBias ?? true;
    const tensor = (name: string, dims: readonly number[]) => checkpoint.tensor(`${prefix}.${name}`, dims);
    return {
      inputNorm: tensor('attention_norm.weight', [hidden]),
      qkv: {
        weight: ungroup(tensor('attention.wqkv.weight', [allWidth, hidden]), shape),
        ...(biased && { bias: ungroup(tensor('attention.wqkv.bias', [allWidth]), shape) }),
      },
      attentionOutput: {
        weight: tensor('attention.wo.weight', [hidden, queryWidth]),
        ...(biased && { bias: tensor('attention.wo.bias', [hidden]) }),
      },
      postNorm: tensor('ffn_norm.weight', [hidden]),
      gateUp: {
        weight: stackRows([
          tensor('feed_forward.w1.weight', [inner, hidden]),
          tensor('feed_forward.w3.weight', [inner, hidden]),
        ]),
      },
      down: { weight: tensor('feed_forward.w2.weight', [hidden, inner]) },
    };
  },
};

/**
 * `wqkv` keeps its rows by key/value head: the query heads that share it, then its key, then its value. Here they come as
 * all queries, all keys, all values.
 */
function ungroup(wqkv: Weight, { headCount, keyValueHeadCount, headSize }: DecoderShape): Weight {
  const queriesPerGroup = headCount / keyValueHeadCount;
  const groupRows = (queriesPerGroup + 2) * headSize;
  const groups = Array.from({ length: keyValueHeadCount }, (_, group) => group * groupRows);
  const keyStart = queriesPerGroup * headSize;
  return stackRows([
    ...groups.map((start) => sliceRows(wqkv, start, keyStart)),
    ...groups.map((start) => sliceRows(wqkv, start + keyStart, headSize)),
    ...groups.map((start) => sliceRows(wqkv, start + keyStart + headSize, headSize)),
  ]);
}
