import { MICROSOFT_DOMAIN, ONNX_ELEMENT_TYPES } from '@tessera/onnx';
import { type OperatorGraph } from './operator-graph.js';

interface OperatorCase {
  readonly operator: string;
  /** What of the operator is used. */
  readonly form: string;
  readonly place: 'device' | 'CPU';
  /** Relative to the largest value. @defaultValue 1e-5 */
  readonly largestDifference?: number;
  readonly emit: (builder: OperatorGraph) => void;
}

const axis = (value: number) => ({ axis: { int: value } });
const contrib = (attributes = {}) => ({ name: 'op', domain: MICROSOFT_DOMAIN, attributes }) as const;
const plain = (attributes = {}) => ({ name: 'op', attributes });

function binary(operator: string): OperatorCase {
  return {
    operator,
    form: 'broadcast over rows',
    place: 'device',
    emit: (b) =>
      b.result(b.graph.node(operator, [b.floats('x', [2, 3, 8]), b.weights('w', [8])], plain()), [2, 3, 8]),
  };
}

/** At accuracy 4 the CPU rounds activations to 8 bits, which a device may do in its own way or not at all. */
function matMulNBits(bits: 4 | 8, blockSize: number, accuracy: 1 | 4): OperatorCase {
  const [rows, columns] = [24, 256];
  const blocks = columns / blockSize;
  return {
    operator: 'MatMulNBits',
    form: `${bits} bit, block ${blockSize}, accuracy ${accuracy}`,
    place: 'device',
    largestDifference: accuracy === 4 ? 1e-2 : 1e-5,
    emit: (b) => {
      const numbers = b.quantisedWeights('w', [rows, blocks, (blockSize * bits) / 8]);
      const scales = b.weights('scales', [rows, blocks]);
      const attributes = {
        K: { int: columns },
        N: { int: rows },
        bits: { int: bits },
        block_size: { int: blockSize },
        accuracy_level: { int: accuracy },
      };
      const x = b.floats('x', [1, 3, columns]);
      b.result(b.graph.node('MatMulNBits', [x, numbers, scales], contrib(attributes)), [1, 3, rows]);
    },
  };
}

function gatherBlockQuantized(bits: 4 | 8): OperatorCase {
  return {
    operator: 'GatherBlockQuantized',
    form: `${bits} bit, block 32`,
    place: 'device',
    emit: (b) => {
      const numbers = b.quantisedWeights('table', [10, (64 * bits) / 8]);
      const ids = b.int64s('ids', [3], [7, 0, 9]);
      const inputs = [numbers, ids, b.weights('scales', [10, 2])];
      const attributes = {
        bits: { int: bits },
        block_size: { int: 32 },
        gather_axis: { int: 0 },
        quantize_axis: { int: 1 },
      };
      b.result(b.graph.node('GatherBlockQuantized', inputs, contrib(attributes)), [3, 64]);
    },
  };
}

function layerNorm(operator: string, hasBias: boolean): OperatorCase {
  return {
    operator,
    form: 'last axis',
    place: 'device',
    emit: (b) => {
      const inputs = [b.floats('x', [2, 3, 16]), b.weights('w', [16])];
      if (hasBias) inputs.push(b.weights('b', [16]));
      const attributes = { ...axis(-1), epsilon: { float: 1e-5 } };
      b.result(b.graph.node(operator, inputs, plain(attributes)), [2, 3, 16]);
    },
  };
}

function groupQueryAttention(sequence: number): OperatorCase {
  return {
    operator: 'GroupQueryAttention',
    form: sequence === 1 ? 'two rows, one token each' : `one row, ${sequence} tokens`,
    place: 'device',
    emit: (b) => {
      const [batch, heads, keyHeads, size, capacity] = [sequence === 1 ? 2 : 1, 4, 2, 16, 12];
      const cache = [batch, keyHeads, capacity, size];
      const lasts = sequence === 1 ? [6, 3] : [sequence + 1];
      const inputs = [
        b.floats('q', [batch, sequence, heads * size]),
        b.floats('k', [batch, sequence, keyHeads * size]),
        b.floats('v', [batch, sequence, keyHeads * size]),
        b.floats('past_k', cache),
        b.floats('past_v', cache),
        b.int32s('lasts', [batch], lasts),
        b.int32s('total', [], [Math.max(...lasts) + 1]),
      ];
      const attributes = { num_heads: { int: heads }, kv_num_heads: { int: keyHeads } };
      const outputs = ['context', 'present_k', 'present_v'] as const;
      const [context] = b.graph.nodeWithOutputs('GroupQueryAttention', inputs, outputs, contrib(attributes));
      b.result(context, [batch, sequence, heads * size]);
    },
  };
}

/** Every operator that the converter's graphs hold, in the forms in which they hold it. */
export const OPERATORS: readonly OperatorCase[] = [
  binary('Add'),
  binary('Mul'),
  {
    operator: 'MatMul',
    form: 'by a weight',
    place: 'device',
    emit: (b) =>
      b.result(
        b.graph.node('MatMul', [b.floats('x', [2, 3, 16]), b.weights('w', [16, 8])], plain()),
        [2, 3, 8],
      ),
  },
  matMulNBits(4, 32, 1),
  matMulNBits(4, 32, 4),
  matMulNBits(4, 128, 4),
  matMulNBits(8, 128, 1),
  matMulNBits(8, 128, 4),
  gatherBlockQuantized(4),
  gatherBlockQuantized(8),
  layerNorm('LayerNormalization', true),
  layerNorm('SimplifiedLayerNormalization', false),
  {
    operator: 'SkipSimplifiedLayerNormalization',
    form: 'with the new residual',
    place: 'device',
    emit: (b) => {
      const inputs = [b.floats('x', [2, 3, 16]), b.floats('skip', [2, 3, 16]), b.weights('w', [16])];
      const [normed, , , residual] = b.graph.nodeWithOutputs(
        'SkipSimplifiedLayerNormalization',
        inputs,
        ['normed', '', '', 'residual'],
        contrib({ epsilon: { float: 1e-5 } }),
      );
      b.result(b.graph.node('Add', [normed, residual], { name: 'both' }), [2, 3, 16]);
    },
  },
  {
    operator: 'RotaryEmbedding',
    form: 'positions of every token',
    place: 'device',
    emit: (b) => {
      const inputs = [
        b.floats('x', [2, 3, 32]),
        b.int64s('positions', [2, 3], [0, 1, 2, 7, 8, 9]),
        b.weights('cosines', [10, 8]),
        b.weights('sines', [10, 8]),
      ];
      const attributes = { num_heads: { int: 2 }, interleaved: { int: 0 } };
      b.result(b.graph.node('RotaryEmbedding', inputs, contrib(attributes)), [2, 3, 32]);
    },
  },
  groupQueryAttention(1),
  groupQueryAttention(5),
  {
    operator: 'MultiHeadAttention',
    form: 'without a mask',
    place: 'device',
    emit: (b) => {
      const inputs = ['q', 'k', 'v'].map((name) => b.floats(name, [2, 5, 32]));
      b.result(b.graph.node('MultiHeadAttention', inputs, contrib({ num_heads: { int: 2 } })), [2, 5, 32]);
    },
  },
  {
    operator: 'Gelu',
    form: 'exact',
    place: 'device',
    emit: (b) => b.result(b.graph.node('Gelu', [b.floats('x', [2, 16])], contrib()), [2, 16]),
  },
  {
    operator: 'Sigmoid',
    form: 'float',
    place: 'device',
    emit: (b) => b.result(b.graph.node('Sigmoid', [b.floats('x', [2, 16])], plain()), [2, 16]),
  },
  {
    operator: 'Cast',
    form: 'uint8 to float',
    place: 'device',
    emit: (b) => {
      const to = { to: { int: ONNX_ELEMENT_TYPES.float32 } };
      b.result(b.graph.node('Cast', [b.bytes('x', [4, 8])], plain(to)), [4, 8]);
    },
  },
  {
    operator: 'Gather',
    form: 'rows by int64',
    place: 'device',
    emit: (b) => {
      const inputs = [b.weights('table', [10, 16]), b.int64s('ids', [3], [9, 0, 4])];
      b.result(b.graph.node('Gather', inputs, plain()), [3, 16]);
    },
  },
  {
    operator: 'ScatterND',
    form: 'rows by int64',
    place: 'device',
    emit: (b) => {
      const inputs = [b.floats('x', [5, 8]), b.int64s('places', [2, 1], [3, 1]), b.floats('rows', [2, 8])];
      b.result(b.graph.node('ScatterND', inputs, plain()), [5, 8]);
    },
  },
  {
    operator: 'ArgMax',
    form: 'last axis',
    place: 'device',
    emit: (b) => {
      const attributes = { ...axis(-1), keepdims: { int: 0 } };
      b.integers(b.graph.node('ArgMax', [b.floats('x', [3, 50])], plain(attributes)), [3]);
    },
  },
  {
    operator: 'Split',
    form: 'last axis, unequal parts',
    place: 'device',
    emit: (b) => {
      const inputs = [b.floats('x', [2, 3, 12]), b.graph.int64s('sizes', [8, 4])];
      const [, second] = b.graph.nodeWithOutputs('Split', inputs, ['first', 'second'], plain(axis(-1)));
      b.result(second, [2, 3, 4]);
    },
  },
  {
    operator: 'Slice',
    form: 'second axis',
    place: 'device',
    emit: (b) => {
      const bounds = [1, 4, 1].map((value, index) => b.graph.int64s(`bound.${index}`, [value]));
      b.result(b.graph.node('Slice', [b.floats('x', [2, 5, 8]), ...bounds], plain()), [2, 3, 8]);
    },
  },
  {
    operator: 'Transpose',
    form: 'six axes',
    place: 'device',
    emit: (b) => {
      const perm = { perm: { ints: [0, 2, 4, 1, 3, 5] } };
      b.result(
        b.graph.node('Transpose', [b.floats('x', [2, 3, 2, 2, 2, 2])], plain(perm)),
        [2, 2, 2, 3, 2, 2],
      );
    },
  },
  {
    operator: 'Reshape',
    form: 'floats',
    place: 'device',
    emit: (b) => {
      const inputs = [b.floats('x', [2, 3, 8]), b.graph.int64s('shape', [0, 0, 2, 4])];
      b.result(b.graph.node('Reshape', inputs, plain()), [2, 3, 2, 4]);
    },
  },
  {
    operator: 'Concat',
    form: 'floats, second axis',
    place: 'device',
    emit: (b) => {
      const inputs = [b.floats('x', [2, 1, 8]), b.floats('z', [2, 3, 8])];
      b.result(b.graph.node('Concat', inputs, plain(axis(1))), [2, 4, 8]);
    },
  },
  {
    operator: 'Expand',
    form: 'a row to a batch',
    place: 'device',
    emit: (b) => {
      const inputs = [b.floats('x', [1, 1, 8]), b.int64s('shape', [3], [3, 1, 8])];
      b.result(b.graph.node('Expand', inputs, plain()), [3, 1, 8]);
    },
  },
  {
    operator: 'Reshape',
    form: 'int64 token ids',
    place: 'CPU',
    emit: (b) => {
      const inputs = [b.int64s('x', [2, 3], [1, 2, 3, 4, 5, 6]), b.graph.int64s('shape', [-1])];
      b.integers(b.graph.node('Reshape', inputs, plain()), [6]);
    },
  },
  {
    operator: 'Shape',
    form: 'of int64 token ids',
    place: 'CPU',
    emit: (b) => b.integers(b.graph.node('Shape', [b.int64s('x', [2, 3], [1, 2, 3, 4, 5, 6])], plain()), [2]),
  },
  {
    operator: 'Concat',
    form: 'int64 shapes',
    place: 'CPU',
    emit: (b) => {
      const inputs = [b.int64s('x', [2], [2, 3]), b.graph.int64s('rest', [16])];
      b.integers(b.graph.node('Concat', inputs, plain(axis(0))), [3]);
    },
  },
];
