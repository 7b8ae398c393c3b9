import { GraphBuilder, MICROSOFT_DOMAIN, type Value } from '@tessera/onnx';
import { type Checkpoint } from '../checkpoint/checkpoint.js';
import { type RopeTables } from '../rope-tables.js';
import { type DecoderNames } from './decoder-names.js';
import { emitLinear, emitReshape, emitSplit, emitWeight } from './layers.js';

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

interface DecoderInputs {
  readonly ropePositions: Value;
  readonly cosines: Value;
  readonly sines: Value;
  readonly lastPositions: Value;
  readonly totalLength: Value;
}

interface Emission {
  readonly graph: GraphBuilder;
  readonly checkpoint: Checkpoint;
  readonly shape: DecoderShape;
  readonly names: DecoderNames;
  readonly inputs: DecoderInputs;
}

/**
 * The language model, for prefill and decode alike.
 *
 * Inputs:
 * - `token_ids` int64 [batch, sequence];
 * - `image_features` float32 [rows, hidden]: features of the sequence's images;
 * - `image_rows` int64 [image_tokens]: which of those rows this run takes;
 * - `image_positions` int64 [image_tokens, 1]: where they go in the flattened [batch * sequence];
 * - `rope_positions` int64 [batch, sequence]: rows of the rope tables;
 * - `last_positions` int32 [batch]: position of the last token of each row, this run's included;
 * - `total_length` int32 scalar: the largest of those plus one;
 * - `past_key_values.N.key|value` float32 [batch, kvHeads, capacity, headSize], which the run extends in place when
 *   the matching `present.N.key|value` is bound to the same tensor.
 *
 * Outputs: `logits` float32 [batch, vocabulary] and `next_token_ids` int64 [batch] (the largest logit, lowest id on a
 * tie) of the last position of each row.
 */
export function buildDecoderGraph(
  checkpoint: Checkpoint,
  names: DecoderNames,
  shape: DecoderShape,
  rope: RopeTables,
): GraphBuilder {
  const graph = new GraphBuilder('decoder');
  const embedded = emitEmbedding(graph, checkpoint, names, shape);
  const inputs = emitSharedInputs(graph, rope);
  const emission: Emission = { graph, checkpoint, shape, names, inputs };
  let residual = embedded;
  let normed = graph.node(
    'SimplifiedLayerNormalization',
    [embedded, normWeight(emission, names.inputNorm(0))],
    {
      name: 'layers.0/input_norm',
      attributes: { axis: { int: -1 }, epsilon: { float: shape.normEpsilon }, stash_type: { int: 1 } },
    },
  );
  for (let layer = 0; layer < shape.layerCount; layer++) {
    const attention = emitAttention(emission, layer, normed);
    const middle = emitSkipNorm(
      emission,
      `layers.${layer}/post_norm`,
      [attention, residual],
      names.postNorm(layer),
    );
    const mlp = emitMlp(emission, layer, middle.normed);
    const next = layer + 1 < shape.layerCount;
    const after = emitSkipNorm(
      emission,
      next ? `layers.${layer + 1}/input_norm` : 'final_norm',
      [mlp, middle.residual],
      next ? names.inputNorm(layer + 1) : names.finalNorm,
    );
    ({ normed, residual } = after);
  }
  emitHead(emission, normed);
  return graph;
}

/** Token embeddings with image features in the places of image tokens. */
function emitEmbedding(
  graph: GraphBuilder,
  checkpoint: Checkpoint,
  names: DecoderNames,
  shape: DecoderShape,
): Value {
  const tokenIds = graph.input('token_ids', 'int64', ['batch', 'sequence']);
  const features = graph.input('image_features', 'float32', ['image_feature_rows', shape.hiddenSize]);
  const rows = graph.input('image_rows', 'int64', ['image_tokens']);
  const positions = graph.input('image_positions', 'int64', ['image_tokens', 1]);
  const table = emitWeight(
    graph,
    checkpoint.tensor(names.embedding, [shape.vocabularySize, shape.hiddenSize]),
  );
  const flatIds = emitReshape(graph, 'embedding/flat_ids', tokenIds, [-1]);
  const tokens = graph.node('Gather', [table, flatIds], { name: 'embedding/tokens' });
  const images = graph.node('Gather', [features, rows], { name: 'embedding/images' });
  const merged = graph.node('ScatterND', [tokens, positions, images], { name: 'embedding/merged' });
  const batchAndSequence = graph.node('Shape', [tokenIds], { name: 'embedding/batch_and_sequence' });
  const target = graph.node(
    'Concat',
    [batchAndSequence, graph.int64s('embedding/hidden', [shape.hiddenSize])],
    {
      name: 'embedding/shape',
      attributes: { axis: { int: 0 } },
    },
  );
  return graph.node('Reshape', [merged, target], { name: 'embedding' });
}

function emitSharedInputs(graph: GraphBuilder, rope: RopeTables): DecoderInputs {
  const table = (name: string, values: Float32Array): Value =>
    graph.weight({
      name,
      elementType: 'float32',
      dims: [rope.rows, rope.columns],
      load: async () => new Uint8Array(values.buffer),
    });
  return {
    ropePositions: graph.input('rope_positions', 'int64', ['batch', 'sequence']),
    cosines: table('rope/cosines', rope.cosines),
    sines: table('rope/sines', rope.sines),
    lastPositions: graph.input('last_positions', 'int32', ['batch']),
    totalLength: graph.input('total_length', 'int32', []),
  };
}

function emitAttention(
  { graph, checkpoint, shape, names, inputs }: Emission,
  layer: number,
  input: Value,
): Value {
  const path = `layers.${layer}/attention`;
  const queryWidth = shape.headCount * shape.headSize;
  const keyWidth = shape.keyValueHeadCount * shape.headSize;
  const qkv = emitLinear(graph, `${path}/qkv`, input, {
    weight: checkpoint.tensor(names.qkv(layer), [queryWidth + 2 * keyWidth, shape.hiddenSize]),
  });
  const [query, key, value] = emitSplit(graph, `${path}/split`, qkv, {
    names: ['query', 'key', 'value'],
    sizes: [queryWidth, keyWidth, keyWidth],
  });
  const rotate = (name: string, tensor: Value, heads: number): Value =>
    graph.node('RotaryEmbedding', [tensor, inputs.ropePositions, inputs.cosines, inputs.sines], {
      name: `${path}/${name}`,
      domain: MICROSOFT_DOMAIN,
      attributes: { num_heads: { int: heads }, interleaved: { int: 0 } },
    });
  const rotatedQuery = rotate('rotated_query', query, shape.headCount);
  const rotatedKey = rotate('rotated_key', key, shape.keyValueHeadCount);
  const cacheDims = ['batch', shape.keyValueHeadCount, 'capacity', shape.headSize];
  const past = (['key', 'value'] as const).map((part) =>
    graph.input(`past_key_values.${layer}.${part}`, 'float32', cacheDims),
  );
  const [context] = graph.nodeWithOutputs(
    'GroupQueryAttention',
    [rotatedQuery, rotatedKey, value, ...past, inputs.lastPositions, inputs.totalLength],
    [`${path}/context`, `present.${layer}.key`, `present.${layer}.value`],
    {
      name: path,
      domain: MICROSOFT_DOMAIN,
      attributes: { num_heads: { int: shape.headCount }, kv_num_heads: { int: shape.keyValueHeadCount } },
    },
  );
  graph.output(`present.${layer}.key`, 'float32', cacheDims);
  graph.output(`present.${layer}.value`, 'float32', cacheDims);
  return emitLinear(graph, `${path}/output`, context, {
    weight: checkpoint.tensor(names.attentionOutput(layer), [shape.hiddenSize, queryWidth]),
  });
}

/** down(silu(gate(x)) * up(x)). */
function emitMlp({ graph, checkpoint, shape, names }: Emission, layer: number, input: Value): Value {
  const path = `layers.${layer}/mlp`;
  const inner = shape.intermediateSize;
  const gateUp = emitLinear(graph, `${path}/gate_up`, input, {
    weight: checkpoint.tensor(names.gateUp(layer), [2 * inner, shape.hiddenSize]),
  });
  const [gate, up] = emitSplit(graph, `${path}/split`, gateUp, {
    names: ['gate', 'up'],
    sizes: [inner, inner],
  });
  const sigmoid = graph.node('Sigmoid', [gate], { name: `${path}/sigmoid` });
  const silu = graph.node('Mul', [gate, sigmoid], { name: `${path}/silu` });
  const product = graph.node('Mul', [silu, up], { name: `${path}/product` });
  return emitLinear(graph, `${path}/down`, product, {
    weight: checkpoint.tensor(names.down(layer), [shape.hiddenSize, inner]),
  });
}

/** The new residual `branch + residual`, and its RMS norm. */
function emitSkipNorm(
  emission: Emission,
  name: string,
  [branch, residual]: [Value, Value],
  weightName: string,
): { normed: Value; residual: Value } {
  const outputs = emission.graph.nodeWithOutputs(
    'SkipSimplifiedLayerNormalization',
    [branch, residual, normWeight(emission, weightName)],
    [name, '', '', `${name}/residual`],
    { name, domain: MICROSOFT_DOMAIN, attributes: { epsilon: { float: emission.shape.normEpsilon } } },
  );
  return { normed: outputs[0], residual: outputs[3] };
}

/** Logits and the greedy pick of the last position of every row. */
function emitHead({ graph, checkpoint, shape, names }: Emission, hidden: Value): void {
  const last = graph.node(
    'Gather',
    [hidden, graph.constant('head/last', 'int64', [], BigInt64Array.of(-1n))],
    {
      name: 'head/hidden',
      attributes: { axis: { int: 1 } },
    },
  );
  const logits = emitLinear(graph, 'logits', last, {
    weight: checkpoint.tensor(names.head, [shape.vocabularySize, shape.hiddenSize]),
  });
  graph.node('ArgMax', [logits], {
    name: 'next_token_ids',
    attributes: { axis: { int: -1 }, keepdims: { int: 0 } },
  });
  graph.output('logits', 'float32', ['batch', shape.vocabularySize]);
  graph.output('next_token_ids', 'int64', ['batch']);
}

function normWeight({ graph, checkpoint, shape }: Emission, name: string): Value {
  return emitWeight(graph, checkpoint.tensor(name, [shape.hiddenSize]));
}
