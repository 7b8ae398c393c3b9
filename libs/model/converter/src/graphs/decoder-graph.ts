import { GraphBuilder, MICROSOFT_DOMAIN, type Value } from '@tessera/onnx';
import { type WeightFormats } from '../formats/weight-formats.js';
import { type RopePlan } from '../rope-tables.js';
import { type DecoderLayerWeights, type DecoderShape } from '../weights/decoder-family.js';
import { type DecoderWeights } from '../weights/decoder-weights.js';
import { type Weight } from '../weights/weight.js';
import { emitAttention, emitAttentionInputs } from './decoder-attention.js';
import { emitEmbedding } from './embedding-graph.js';
import { type Emission } from './emission.js';
import { emitCast, emitLinear, emitRmsNorm, emitSplit, emitWeight } from './layers.js';

interface DecoderEmission extends Emission {
  readonly shape: DecoderShape;
  readonly formats: WeightFormats;
}

/**
 * The language model, for prefill and decode alike; a graph for prompts alone has the same inputs and outputs. `float` is the activations' type.
 *
 * Inputs:
 * - `token_ids` int64 [batch, sequence];
 * - `image_features` float [rows, hidden]: features of the sequence's images;
 * - `image_rows` int64 [image_tokens]: which of those rows this run takes;
 * - `image_positions` int64 [image_tokens, 1]: where they go in the flattened [batch * sequence];
 * - `rope_positions` int64 [batch, sequence]: rows of the rope tables;
 * - `last_positions` int32 [batch]: position of the last token of each row, this run's included;
 * - `total_length` int32 scalar: the largest of those plus one;
 * - `past_key_values.N.key|value` float [batch, kvHeads, capacity, headSize], which the run extends in place when
 *   the matching `present.N.key|value` is bound to the same tensor.
 *
 * Outputs: `logits` float32 [batch, vocabulary] and `next_token_ids` int64 [batch] (the largest logit, lowest id on a
 * tie) of the last position of each row.
 */
export function buildDecoderGraph(
  weights: DecoderWeights,
  rope: RopePlan,
  formats: WeightFormats,
  graph = new GraphBuilder('decoder'),
): GraphBuilder {
  const { shape } = weights;
  const { activations } = formats;
  const emission: DecoderEmission = { graph, activations, shape, formats };
  let residual = emitEmbedding(emission, weights.embedding, formats.embeddings);
  const inputs = emitAttentionInputs(emission, rope);
  const layers = Array.from({ length: shape.layerCount }, (_, index) => weights.layer(index));
  let normed = emitFirstNorm(emission, residual, layers[0]?.inputNorm ?? weights.finalNorm);
  for (const [index, layer] of layers.entries()) {
    const attention = emitAttention({ ...emission, inputs }, index, normed, layer);
    const middle = emitSkipNorm(emission, `layers.${index}/post_norm`, [attention, residual], layer.postNorm);
    const mlp = emitMlp(emission, index, middle.normed, layer);
    const next = layers[index + 1];
    const name = next === undefined ? 'final_norm' : `layers.${index + 1}/input_norm`;
    const norm = next === undefined ? weights.finalNorm : next.inputNorm;
    ({ normed, residual } = emitSkipNorm(emission, name, [mlp, middle.residual], norm));
  }
  emitHead(emission, normed, weights.head.weight);
  return graph;
}

function emitFirstNorm(emission: DecoderEmission, input: Value, weight: Weight): Value {
  return emitRmsNorm(emission, 'layers.0/input_norm', input, {
    weight,
    epsilon: emission.shape.normEpsilon,
  });
}

/** down(silu(gate(x)) * up(x)). */
function emitMlp(emission: DecoderEmission, index: number, input: Value, layer: DecoderLayerWeights): Value {
  const { graph, shape } = emission;
  const path = `layers.${index}/mlp`;
  const inner = shape.intermediateSize;
  const format = emission.formats.languageModel;
  const gateUp = emitLinear(emission, `${path}/gate_up`, input, { ...layer.gateUp, format });
  const [gate, up] = emitSplit(graph, `${path}/split`, gateUp, {
    names: ['gate', 'up'],
    sizes: [inner, inner],
  });
  const sigmoid = graph.node('Sigmoid', [gate], { name: `${path}/sigmoid` });
  const silu = graph.node('Mul', [gate, sigmoid], { name: `${path}/silu` });
  const product = graph.node('Mul', [silu, up], { name: `${path}/product` });
  return emitLinear(emission, `${path}/down`, product, { ...layer.down, format });
}

/** The new residual `branch + residual`, and its RMS norm. */
function emitSkipNorm(
  emission: DecoderEmission,
  name: string,
  [branch, residual]: [Value, Value],
  weight: Weight,
): { normed: Value; residual: Value } {
  const outputs = emission.graph.nodeWithOutputs(
    'SkipSimplifiedLayerNormalization',
    [branch, residual, emitWeight(emission, `${name}.weight`, weight)],
    [name, '', '', `${name}/residual`],
    { name, domain: MICROSOFT_DOMAIN, attributes: { epsilon: { float: emission.shape.normEpsilon } } },
  );
  return { normed: outputs[0], residual: outputs[3] };
}

/** Logits and the greedy pick of the last position of every row. */
function emitHead(emission: DecoderEmission, hidden: Value, weight: Weight): void {
  const { graph, activations, formats, shape } = emission;
  const lastIndex = graph.constant('head/last', 'int64', [], BigInt64Array.of(-1n));
  const last = graph.node('Gather', [hidden, lastIndex], {
    name: 'head/hidden',
    attributes: { axis: { int: 1 } },
  });
  const computed = activations === 'float32' ? 'logits' : 'head/logits';
  const result = emitLinear(emission, computed, last, { weight, format: formats.head });
  const logits = activations === 'float32' ? result : emitCast(graph, 'logits', result, 'float32');
  graph.node('ArgMax', [logits], {
    name: 'next_token_ids',
    attributes: { axis: { int: -1 }, keepdims: { int: 0 } },
  });
  graph.output('logits', 'float32', ['batch', shape.vocabularySize]);
  graph.output('next_token_ids', 'int64', ['batch']);
}
