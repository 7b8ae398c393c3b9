import { type GraphBuilder, MICROSOFT_DOMAIN, type Value } from '@tessera/onnx';
import { DynamicMatrix } from '../formats/dynamic-matrix.js';
import { transposedPieces } from '../formats/float-matrix.js';
import { QuantizedMatrix } from '../formats/quantized-matrix.js';
import { type BlockFormat, type MatrixFormat } from '../formats/weight-formats.js';
import { rowLength, type Weight } from '../weights/weight.js';
import { type Emission } from './emission.js';

/** Inputs of 8 bits stand for -127 to 127 steps and are stored 128 higher: ONNX Runtime's fast kernel takes them unsigned. */
const LARGEST_INPUT = 127;
const ZERO_INPUT = 128;
/** Far below any activation, and its inverse is a float32 still. */
const LEAST_DIVISOR = 1e-30;

/** x Wᵀ in the weight's number format. */
export function emitProduct(
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
      return emitDynamicMatMul(emission.graph, name, input, weight);
    case 'rows':
      return emitRowsMatMul(emission.graph, name, input, weight);
  }
}

/** Inputs are rounded with one scale for all of the run. */
function emitDynamicMatMul(graph: GraphBuilder, name: string, input: Value, weight: Weight): Value {
  const { numbers, scales } = emitByteMatrix(graph, name, weight);
  return graph.node('DynamicQuantizeMatMul', [input, numbers, scales], { name, domain: MICROSOFT_DOMAIN });
}

/** Inputs are rounded row by row: each is divided by its largest magnitude, and its products are multiplied by it. */
function emitRowsMatMul(graph: GraphBuilder, name: string, input: Value, weight: Weight): Value {
  const { numbers, scales } = emitByteMatrix(graph, name, weight);
  const largest = emitLargestOfRows(graph, name, input);
  const step = graph.constant(`${name}/step`, 'float32', [], Float32Array.of(1 / LARGEST_INPUT));
  const zero = graph.constant(`${name}/zero`, 'uint8', [], Uint8Array.of(ZERO_INPUT));
  const shares = graph.node('Div', [input, largest], { name: `${name}/shares` });
  const rounded = graph.node('QuantizeLinear', [shares, step, zero], { name: `${name}/rounded` });
  const product = graph.node('MatMulIntegerToFloat', [rounded, numbers, step, scales, zero], {
    name: `${name}/product`,
    domain: MICROSOFT_DOMAIN,
  });
  return graph.node('Mul', [product, largest], { name });
}

/** The largest magnitude of every row, [..., 1]; of a row of zeros a number that may be divided by. */
function emitLargestOfRows(graph: GraphBuilder, name: string, input: Value): Value {
  const magnitudes = graph.node('Abs', [input], { name: `${name}/magnitudes` });
  const largest = graph.node('ReduceMax', [magnitudes, graph.int64s(`${name}/axis`, [-1])], {
    name: `${name}/largest_or_zero`,
    attributes: { keepdims: { int: 1 } },
  });
  const least = graph.constant(`${name}/least`, 'float32', [], Float32Array.of(LEAST_DIVISOR));
  return graph.node('Max', [largest, least], { name: `${name}/largest` });
}

/** 8-bit numbers [in, out] with a scale for every output. */
function emitByteMatrix(
  graph: GraphBuilder,
  name: string,
  weight: Weight,
): { numbers: Value; scales: Value } {
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
  return { numbers, scales };
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
