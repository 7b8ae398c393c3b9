type Numbers = Float32Array | Uint16Array | Int8Array;

/** A matrix on its way to being transposed: the result, and how many rows the source has. */
export interface TransposeTarget {
  /** [columns, rowCount] */
  readonly result: Numbers;
  readonly rowCount: number;
}

/** Rows that are copied together: their values lie side by side in the result. */
const ROWS_TOGETHER = 32;

/** Copies consecutive rows of a matrix, from row `first` on, to where they stand in the transposed one. */
export function copyTransposed(rows: Numbers, columns: number, first: number, target: TransposeTarget): void {
  const rowTotal = rows.length / columns;
  for (let row = 0; row < rowTotal; row += ROWS_TOGETHER) {
    const end = Math.min(row + ROWS_TOGETHER, rowTotal);
    const part = rows.subarray(row * columns, end * columns);
    copyTogether(part, columns, first + row, target);
  }
}

function copyTogether(
  rows: Numbers,
  columns: number,
  first: number,
  { result, rowCount }: TransposeTarget,
): void {
  const count = rows.length / columns;
  for (let column = 0; column < columns; column++) {
    const start = column * rowCount + first;
    for (let index = 0; index < count; index++) {
      result[start + index] = rows[index * columns + column] as number;
    }
  }
}
