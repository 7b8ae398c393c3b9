import { type GraphBuilder, MICROSOFT_DOMAIN, ONNX_ELEMENT_TYPES, type Value } from '@tessera/onnx';
import { DynamicMatrix } from '../formats/dynamic-matrix.js';
import { floatPieces, transposedPieces } from '../formats/float-matrix.js';
import { QuantizedMatrix } from '../formats/quantized-matrix.js';
import { type ActivationType, type BlockFormat, type MatrixFormat } from '../formats/weight-formats.js';
import { type Linear } from '../weights/linear.js';
import { rowLength, type Weight } from '../weights/weight.js';

/** A graph on its way, and the type of the numbers between its operators. */
export interface Emission {
  readonly graph: GraphBuilder;
  readonly activations: ActivationType;
}

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

function emitProduct(
  emission: Emission,
  name: string,
  input: Value,
  { weight, format }: { weight: Weight; format: MatrixFormat },
): Value {
  switch (format.kind) {
    case 'float':
      return emitMatMul(emission, name, input, weight);
    case 'blocks':
      return emitMatMulNBits(emission, name, input, { weight, format });
    case 'dynamic':
      return emitDynamicMatMul(emission, name, input, weight);
  }
}

function emitDynamicMatMul({ graph }: Emission, name: string, input: Value, weight: Weight): Value {
  const matrix = new DynamicMatrix(weight);
  const numbers = graph.weight({
    name: `${name}.weight`,
    elementType: 'int8',
    dims: [matrix.columns, matrix.rows],
    pieces: () => matrix.numbers(),
  });
  const scales = graph.weight({
    name: `${name}.scales`,
    elementType: 'float32',
    dims: [matrix.rows],
    pieces: () => matrix.scales(),
  });
  return graph.node('DynamicQuantizeMatMul', [input, numbers, scales], { name, domain: MICROSOFT_DOMAIN });
}

/** ONNX's MatMul wants [in, out], so the weight is transposed. */
function emitMatMul({ graph, activations }: Emission, name: string, input: Value, weight: Weight): Value {
  const transposed = graph.weight({
    name: `${name}.weight`,
    elementType: activations,
    dims: [rowLength(weight), weight.shape[0] ?? 1],
    pieces: () => transposedPieces(weight, activations),
  });
  return graph.node('MatMul', [input, transposed], { name });
}

function emitMatMulNBits(
  { graph, activations }: Emission,
  name: string,
  input: Value,
  { weight, format }: { weight: Weight; format: BlockFormat },
): Value {
  const matrix = new QuantizedMatrix(weight, format, activations);
  const { rows, columns, blockCount, blockBytes } = matrix;
  const numbers = graph.weight({
    name: `${name}.weight`,
    elementType: 'uint8',
    dims: [rows, blockCount, blockBytes],
    pieces: () => matrix.numbers(),
  });
  const scales = graph.weight({
    name: `${name}.scales`,
    elementType: activations,
    dims: [rows, blockCount],
    pieces: () => matrix.scales(),
  });
  return graph.node('MatMulNBits', [input, numbers, scales], {
    name,
    domain: MICROSOFT_DOMAIN,
    attributes: {
      K: { int: columns },
      N: { int: rows },
      bits: { int: format.bits },
      block_size: { int: format.blockSize },
      accuracy_level: { int: format.accuracyLevel },
    },
  });
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
