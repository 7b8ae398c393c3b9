import { rowBlocks, rowLength, type Weight } from '../weights/weight.js';

const LARGEST_NUMBER = 127;
/** Rows that are copied together: their values lie side by side in the result. */
const ROWS_TOGETHER = 32;

/** A matrix on its way into 8-bit numbers with one scale a row, as `DynamicQuantizeMatMul` takes it: transposed. */
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
    for await (const { first, count, values } of rowBlocks(this.weight)) {
      for (let row = 0; row < count; row++) {
        this.scaleOfRow[first + row] = scaleOf(values.subarray(row * this.columns, (row + 1) * this.columns));
      }
      for (let row = 0; row < count; row += ROWS_TOGETHER) {
        this.quantize(values, { row, end: Math.min(row + ROWS_TOGETHER, count), first }, result);
      }
    }
    yield new Uint8Array(result.buffer);
  }

  /** The scales, [rows], once the numbers have been taken. */
  async *scales(): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(this.scaleOfRow.buffer);
  }

  private quantize(
    values: Float32Array,
    { row: from, end, first }: { row: number; end: number; first: number },
    into: Int8Array,
  ): void {
    for (let column = 0; column < this.columns; column++) {
      for (let row = from; row < end; row++) {
        const scale = this.scaleOfRow[first + row] as number;
        const value = values[row * this.columns + column] as number;
        into[column * this.rows + first + row] = scale === 0 ? 0 : Math.round(value / scale);
      }
    }
  }
}

function scaleOf(row: Float32Array): number {
  let largest = 0;
  for (let i = 0; i < row.length; i++) largest = Math.max(largest, Math.abs(row[i] as number));
  return Math.fround(largest / LARGEST_NUMBER);
}
