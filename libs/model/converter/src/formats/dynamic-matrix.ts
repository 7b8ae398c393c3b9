import { rowBlocks, rowLength, type Weight } from '../weights/weight.js';
import { copyTransposed } from './transpose.js';

const LARGEST_NUMBER = 127;

/** A matrix on its way into 8-bit numbers with one scale a row, as `DynamicQuantizeMatMul` and `MatMulIntegerToFloat` take it: transposed. */
export class DynamicMatrix {
  readonly rows: number;
  readonly columns: number;
  private readonly scaleOfRow: Float32Array<ArrayBuffer>;

  constructor(private readonly weight: Weight) {
    this.rows = weight.shape[0] ?? 1;
    this.columns = rowLength(weight);
    this.scaleOfRow = new Float32Array(this.rows);
  }

  /** The numbers, [columns, rows], in one piece. */
  async *numbers(): AsyncGenerator<Uint8Array> {
    const result = new Int8Array(this.rows * this.columns);
    for await (const { first, values } of rowBlocks(this.weight)) {
      copyTransposed(this.quantize(values, first), this.columns, first, { result, rowCount: this.rows });
    }
    yield new Uint8Array(result.buffer);
  }

  /** The scales, [rows], once the numbers have been taken. */
  async *scales(): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(this.scaleOfRow.buffer);
  }

  /** Numbers of consecutive rows, whose scales it keeps. */
  private quantize(values: Float32Array, first: number): Int8Array {
    const numbers = new Int8Array(values.length);
    for (let start = 0; start < values.length; start += this.columns) {
      const end = start + this.columns;
      const scale = scaleOf(values.subarray(start, end));
      this.scaleOfRow[first + start / this.columns] = scale;
      if (scale === 0) continue;
      for (let i = start; i < end; i++) numbers[i] = Math.round((values[i] as number) / scale);
    }
    return numbers;
  }
}

function scaleOf(row: Float32Array): number {
  let largest = 0;
  for (let i = 0; i < row.length; i++) largest = Math.max(largest, Math.abs(row[i] as number));
  return Math.fround(largest / LARGEST_NUMBER);
}
