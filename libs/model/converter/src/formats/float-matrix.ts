import { WeightOutOfRangeError } from '../errors/index.js';
import { rowBlocks, rowLength, type Weight } from '../weights/weight.js';
import { findBeyondFloat16, toFloat16 } from './to-float16.js';
import { copyTransposed } from './transpose.js';
import { type ActivationType } from './weight-formats.js';

/** Values in a floating-point type, as bytes. Throws {@link WeightOutOfRangeError} for what float16 cannot hold. */
function encodeFloats(values: Float32Array, type: ActivationType, name: string): Float32Array | Uint16Array {
  if (type === 'float32') return values;
  if (findBeyondFloat16(values) >= 0) throw new WeightOutOfRangeError(name, type);
  return toFloat16(values);
}

/** A weight as it is stored, row by row. */
export async function* floatPieces(weight: Weight, type: ActivationType): AsyncGenerator<Uint8Array> {
  for await (const { values } of rowBlocks(weight)) yield asBytes(encodeFloats(values, type, weight.name));
}

/**
 * A weight of shape [rows, ...columns] as [columns, rows], in one piece: the whole result is in memory, of the source a few
 * rows.
 */
export async function* transposedPieces(weight: Weight, type: ActivationType): AsyncGenerator<Uint8Array> {
  const [rowCount = 1] = weight.shape;
  const columns = rowLength(weight);
  const result =
    type === 'float32' ? new Float32Array(rowCount * columns) : new Uint16Array(rowCount * columns);
  for await (const { first, values } of rowBlocks(weight)) {
    copyTransposed(encodeFloats(values, type, weight.name), columns, first, { result, rowCount });
  }
  yield asBytes(result);
}

function asBytes(values: Float32Array | Uint16Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
