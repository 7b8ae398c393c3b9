import { type GraphBuilder, MICROSOFT_DOMAIN, type Value } from '@tessera/onnx';
import { type CheckpointTensor } from '../checkpoint/checkpoint.js';

/** A stored weight as it is. */
export function emitWeight(graph: GraphBuilder, tensor: CheckpointTensor, dims = tensor.shape): Value {
  return graph.weight({
    name: tensor.name,
    elementType: 'float32',
    dims,
    load: async () => asBytes(await tensor.load()),
  });
}

/**
 * y = x Wᵀ + b, for a weight stored [out, in] as PyTorch keeps it. ONNX's MatMul wants [in, out], so it is transposed here.
 * `bias` has one entry per output column.
 */
export function emitLinear(
  graph: GraphBuilder,
  name: string,
  input: Value,
  parameters: { weight: CheckpointTensor; bias?: CheckpointTensor },
): Value {
  const { weight, bias } = parameters;
  const [outputs = 0, ...inner] = weight.shape;
  const inputs = inner.reduce((product, dim) => product * dim, 1);
  const transposed = graph.weight({
    name: weight.name,
    elementType: 'float32',
    dims: [inputs, outputs],
    load: async () => asBytes(transpose(await weight.load(), outputs, inputs)),
  });
  const product = graph.node('MatMul', [input, transposed], {
    name: bias === undefined ? name : `${name}/matmul`,
  });
  return bias === undefined ? product : graph.node('Add', [product, emitWeight(graph, bias)], { name });
}

export function emitLayerNorm(
  graph: GraphBuilder,
  name: string,
  input: Value,
  parameters: { weight: CheckpointTensor; bias: CheckpointTensor; epsilon: number },
): Value {
  return graph.node(
    'LayerNormalization',
    [input, emitWeight(graph, parameters.weight), emitWeight(graph, parameters.bias)],
    { name, attributes: { axis: { int: -1 }, epsilon: { float: parameters.epsilon } } },
  );
}

/** Exact (erf) GELU: the vision encoder and the projector use no approximation. */
export function emitGelu(graph: GraphBuilder, name: string, input: Value): Value {
  return graph.node('Gelu', [input], { name, domain: MICROSOFT_DOMAIN });
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

function asBytes(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** Square blocks keep both sides of the copy in cache. */
const TRANSPOSE_BLOCK = 32;

/** [rows, columns] to [columns, rows]. */
function transpose(values: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(values.length);
  for (let row0 = 0; row0 < rows; row0 += TRANSPOSE_BLOCK) {
    const rowEnd = Math.min(row0 + TRANSPOSE_BLOCK, rows);
    for (let column0 = 0; column0 < columns; column0 += TRANSPOSE_BLOCK) {
      const columnEnd = Math.min(column0 + TRANSPOSE_BLOCK, columns);
      for (let row = row0; row < rowEnd; row++) {
        for (let column = column0; column < columnEnd; column++) {
          result[column * rows + row] = values[row * columns + column] as number;
        }
      }
    }
  }
  return result;
}
