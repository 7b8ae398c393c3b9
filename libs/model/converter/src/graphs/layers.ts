import { type GraphBuilder, MICROSOFT_DOMAIN, ONNX_ELEMENT_TYPES, type Value } from '@tessera/onnx';
import { floatPieces } from '../formats/float-matrix.js';
import { type ActivationType, type MatrixFormat } from '../formats/weight-formats.js';
import { type Linear } from '../weights/linear.js';
import { type Weight } from '../weights/weight.js';
import { type Emission } from './emission.js';
import { emitProduct } from './products.js';

/** A weight as it is. */
export function emitWeight(
  { graph, activations }: Emission,
  name: string,
  weight: Weight,
  elementType = activations,
): Value {
  return graph.weight({
    name,
    elementType,
    dims: weight.shape,
    pieces: () => floatPieces(weight, elementType),
  });
}

/** y = x Wᵀ + b, for a weight stored [out, in] as PyTorch keeps it; `bias` has one entry per output column. */
export function emitLinear(
  emission: Emission,
  name: string,
  input: Value,
  { weight, bias, format }: Linear & { format: MatrixFormat },
): Value {
  const product = bias === undefined ? name : `${name}/matmul`;
  const result = emitProduct(emission, product, input, { weight, format });
  if (bias === undefined) return result;
  return emission.graph.node('Add', [result, emitWeight(emission, `${name}.bias`, bias)], { name });
}

export function emitLayerNorm(
  emission: Emission,
  name: string,
  input: Value,
  parameters: { weight: Weight; bias: Weight; epsilon: number },
): Value {
  const weight = emitWeight(emission, `${name}.weight`, parameters.weight);
  const bias = emitWeight(emission, `${name}.bias`, parameters.bias);
  return emission.graph.node('LayerNormalization', [input, weight, bias], {
    name,
    attributes: { axis: { int: -1 }, epsilon: { float: parameters.epsilon } },
  });
}

/** x / sqrt(mean(x²) + epsilon) * weight over the last axis. */
export function emitRmsNorm(
  emission: Emission,
  name: string,
  input: Value,
  parameters: { weight: Weight; epsilon: number },
): Value {
  const weight = emitWeight(emission, `${name}.weight`, parameters.weight);
  return emission.graph.node('SimplifiedLayerNormalization', [input, weight], {
    name,
    attributes: { axis: { int: -1 }, epsilon: { float: parameters.epsilon }, stash_type: { int: 1 } },
  });
}

/** Exact (erf) GELU: the vision encoder and the projector use no approximation. */
export function emitGelu(graph: GraphBuilder, name: string, input: Value): Value {
  return graph.node('Gelu', [input], { name, domain: MICROSOFT_DOMAIN });
}

export function emitCast(graph: GraphBuilder, name: string, input: Value, to: ActivationType): Value {
  return graph.node('Cast', [input], { name, attributes: { to: { int: ONNX_ELEMENT_TYPES[to] } } });
}

/** Splits the last axis into parts of these sizes. */
export function emitSplit<const N extends readonly string[]>(
  graph: GraphBuilder,
  name: string,
  input: Value,
  parts: { names: N; sizes: readonly number[] },
): { [K in keyof N]: Value } {
  const outputs = parts.names.map((part) => `${name}/${part}`) as unknown as N;
  return graph.nodeWithOutputs('Split', [input, graph.int64s(`${name}/sizes`, parts.sizes)], outputs, {
    name,
    attributes: { axis: { int: -1 } },
  });
}

export function emitReshape(graph: GraphBuilder, name: string, input: Value, dims: readonly number[]): Value {
  return graph.node('Reshape', [input, graph.int64s(`${name}/shape`, dims)], { name });
}

export function emitTranspose(
  graph: GraphBuilder,
  name: string,
  input: Value,
  axes: readonly number[],
): Value {
  return graph.node('Transpose', [input], { name, attributes: { perm: { ints: axes } } });
}
