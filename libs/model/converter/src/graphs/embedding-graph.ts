import { MICROSOFT_DOMAIN, type Value } from '@tessera/onnx';
import { InvalidWeightOptionError } from '../errors/index.js';
import { QuantizedMatrix } from '../formats/quantized-matrix.js';
import { type EmbeddingFormat } from '../formats/weight-formats.js';
import { rowLength, type Weight } from '../weights/weight.js';
import { type Emission } from './emission.js';
import { emitCast, emitReshape, emitWeight } from './layers.js';

/** Blocks of a quantised table, the preferred size first: rows must be whole blocks. */
const BLOCK_SIZES = [32, 16];

/** Token embeddings [batch, sequence, hidden] with image features in the places of image tokens. */
export function emitEmbedding(emission: Emission, table: Weight, format: EmbeddingFormat): Value {
  const { graph, activations } = emission;
  const hiddenSize = table.shape[1] ?? 1;
  const tokenIds = graph.input('token_ids', 'int64', ['batch', 'sequence']);
  const features = graph.input('image_features', activations, ['image_feature_rows', hiddenSize]);
  const rows = graph.input('image_rows', 'int64', ['image_tokens']);
  const positions = graph.input('image_positions', 'int64', ['image_tokens', 1]);
  const flatIds = emitReshape(graph, 'embedding/flat_ids', tokenIds, [-1]);
  const tokens = emitLookup(emission, flatIds, table, format);
  const images = graph.node('Gather', [features, rows], { name: 'embedding/images' });
  const merged = graph.node('ScatterND', [tokens, positions, images], { name: 'embedding/merged' });
  const batchAndSequence = graph.node('Shape', [tokenIds], { name: 'embedding/batch_and_sequence' });
  const hidden = graph.int64s('embedding/hidden', [hiddenSize]);
  const target = graph.node('Concat', [batchAndSequence, hidden], {
    name: 'embedding/shape',
    attributes: { axis: { int: 0 } },
  });
  return graph.node('Reshape', [merged, target], { name: 'embedding' });
}

/** Rows of the table by token id, in the activations' type. */
function emitLookup(emission: Emission, ids: Value, table: Weight, format: EmbeddingFormat): Value {
  const { graph, activations } = emission;
  const name = 'embedding/tokens';
  if (format === 'int8' || format === 'int4') return emitBlockLookup(emission, ids, table, format);
  const values = emitWeight(emission, 'embedding.weight', table, format);
  if (format === activations) return graph.node('Gather', [values, ids], { name });
  const stored = graph.node('Gather', [values, ids], { name: `${name}/stored` });
  return emitCast(graph, name, stored, activations);
}

function emitBlockLookup(
  { graph, activations }: Emission,
  ids: Value,
  table: Weight,
  format: 'int8' | 'int4',
): Value {
  const bits = format === 'int8' ? 8 : 4;
  const blockSize = blockSizeOf(table, format);
  const matrix = new QuantizedMatrix(table, { bits, blockSize }, activations);
  const { rows, blockCount, blockBytes } = matrix;
  const numbers = graph.weight({
    name: 'embedding.weight',
    elementType: 'uint8',
    dims: [rows, blockCount * blockBytes],
    pieces: () => matrix.numbers(),
  });
  const scales = graph.weight({
    name: 'embedding.scales',
    elementType: activations,
    dims: [rows, blockCount],
    pieces: () => matrix.scales(),
  });
  return graph.node('GatherBlockQuantized', [numbers, ids, scales], {
    name: 'embedding/tokens',
    domain: MICROSOFT_DOMAIN,
    attributes: {
      bits: { int: bits },
      block_size: { int: blockSize },
      gather_axis: { int: 0 },
      quantize_axis: { int: 1 },
    },
  });
}

function blockSizeOf(table: Weight, format: 'int8' | 'int4'): number {
  const hiddenSize = rowLength(table);
  const blockSize = BLOCK_SIZES.find((size) => hiddenSize % size === 0);
  if (blockSize !== undefined) return blockSize;
  const supported = `fp32 or fp16 where the hidden size, here ${hiddenSize}, is no multiple of 16`;
  throw new InvalidWeightOptionError('embeddings', format, supported);
}
