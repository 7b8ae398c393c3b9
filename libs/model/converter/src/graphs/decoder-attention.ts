import { MICROSOFT_DOMAIN, type Value } from '@tessera/onnx';
import { toFloat16 } from '../formats/to-float16.js';
import { type WeightFormats } from '../formats/weight-formats.js';
import { fillRopeTable, type RopePlan } from '../rope-tables.js';
import { type DecoderLayerWeights, type DecoderShape } from '../weights/decoder-family.js';
import { type Weight } from '../weights/weight.js';
import { type Emission } from './emission.js';
import { emitLinear, emitReshape, emitRmsNorm, emitSplit } from './layers.js';

/** What the attention of every layer takes. */
export interface AttentionInputs {
  readonly ropePositions: Value;
  readonly cosines: Value;
  readonly sines: Value;
  readonly lastPositions: Value;
  readonly totalLength: Value;
}

interface AttentionEmission extends Emission {
  readonly shape: DecoderShape;
  readonly formats: WeightFormats;
  readonly inputs: AttentionInputs;
}

export function emitAttentionInputs({ graph, activations }: Emission, rope: RopePlan): AttentionInputs {
  const table = (name: string, wave: (angle: number) => number): Value =>
    graph.weight({
      name,
      elementType: activations,
      dims: [rope.rows, rope.columns],
      pieces: async function* () {
        const values = fillRopeTable(rope, wave);
        yield new Uint8Array((activations === 'float32' ? values : toFloat16(values)).buffer);
      },
    });
  return {
    ropePositions: graph.input('rope_positions', 'int64', ['batch', 'sequence']),
    cosines: table('rope/cosines', Math.cos),
    sines: table('rope/sines', Math.sin),
    lastPositions: graph.input('last_positions', 'int32', ['batch']),
    totalLength: graph.input('total_length', 'int32', []),
  };
}

/** Attention over the KV cache, which it extends: projections, norms over heads where the family has them, rotation. */
export function emitAttention(
  emission: AttentionEmission,
  index: number,
  input: Value,
  layer: DecoderLayerWeights,
): Value {
  const { graph, activations, shape, inputs } = emission;
  const path = `layers.${index}/attention`;
  const format = emission.formats.languageModel;
  const queryWidth = shape.headCount * shape.headSize;
  const keyWidth = shape.keyValueHeadCount * shape.headSize;
  const qkv = emitLinear(emission, `${path}/qkv`, input, { ...layer.qkv, format });
  const [query, key, value] = emitSplit(graph, `${path}/split`, qkv, {
    names: ['query', 'key', 'value'],
    sizes: [queryWidth, keyWidth, keyWidth],
  });
  const normed = emitHeadNorms(emission, path, [query, key], layer.headNorms);
  const rotatedQuery = emitRotation(emission, `${path}/rotated_query`, normed[0], shape.headCount);
  const rotatedKey = emitRotation(emission, `${path}/rotated_key`, normed[1], shape.keyValueHeadCount);
  const cacheDims = ['batch', shape.keyValueHeadCount, 'capacity', shape.headSize];
  const past = (['key', 'value'] as const).map((part) =>
    graph.input(`past_key_values.${index}.${part}`, activations, cacheDims),
  );
  const [context] = graph.nodeWithOutputs(
    'GroupQueryAttention',
    [rotatedQuery, rotatedKey, value, ...past, inputs.lastPositions, inputs.totalLength],
    [`${path}/context`, `present.${index}.key`, `present.${index}.value`],
    {
      name: path,
      domain: MICROSOFT_DOMAIN,
      attributes: { num_heads: { int: shape.headCount }, kv_num_heads: { int: shape.keyValueHeadCount } },
    },
  );
  graph.output(`present.${index}.key`, activations, cacheDims);
  graph.output(`present.${index}.value`, activations, cacheDims);
  return emitLinear(emission, `${path}/output`, context, { ...layer.attentionOutput, format });
}

function emitRotation(
  { graph, inputs }: AttentionEmission,
  name: string,
  tensor: Value,
  heads: number,
): Value {
  return graph.node('RotaryEmbedding', [tensor, inputs.ropePositions, inputs.cosines, inputs.sines], {
    name,
    domain: MICROSOFT_DOMAIN,
    attributes: { num_heads: { int: heads }, interleaved: { int: 0 } },
  });
}

/** RMS norm of each head of queries and keys on its own. */
function emitHeadNorms(
  emission: AttentionEmission,
  path: string,
  [query, key]: [Value, Value],
  norms: DecoderLayerWeights['headNorms'],
): [Value, Value] {
  if (norms === undefined) return [query, key];
  const { graph, shape } = emission;
  const normed = (name: string, tensor: Value, weight: Weight, heads: number): Value => {
    const perHead = emitReshape(graph, `${path}/${name}/heads`, tensor, [0, 0, heads, shape.headSize]);
    const result = emitRmsNorm(emission, `${path}/${name}`, perHead, { weight, epsilon: shape.normEpsilon });
    return emitReshape(graph, `${path}/${name}/joined`, result, [0, 0, heads * shape.headSize]);
  };
  return [
    normed('query_norm', query, norms.query, shape.headCount),
    normed('key_norm', key, norms.key, shape.keyValueHeadCount),
  ];
}
