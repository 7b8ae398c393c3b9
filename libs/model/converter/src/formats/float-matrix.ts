import { WeightOutOfRangeError } from '../errors/index.js';
import { rowBlocks, rowLength, type Weight } from '../weights/weight.js';
import { findBeyondFloat16, toFloat16 } from './to-float16.js';
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

/** Rows that are copied together: their values lie side by side in the result. */
const ROWS_TOGETHER = 32;

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
    const encoded = encodeFloats(values, type, weight.name);
    for (let start = 0; start < encoded.length; start += ROWS_TOGETHER * columns) {
      const rows = encoded.subarray(start, start + ROWS_TOGETHER * columns);
      copyTransposed(rows, columns, { result, rowCount, row: first + start / columns });
    }
  }
  yield asBytes(result);
}

function copyTransposed(
  rows: Float32Array | Uint16Array,
  columns: number,
  target: { result: Float32Array | Uint16Array; rowCount: number; row: number },
): void {
  const { result, rowCount, row } = target;
  const count = rows.length / columns;
  for (let column = 0; column < columns; column++) {
    const start = column * rowCount + row;
    for (let index = 0; index < count; index++) {
      result[start + index] = rows[index * columns + column] as number;
    }
  }
}

function asBytes(values: Float32Array | Uint16Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
