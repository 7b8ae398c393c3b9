import { Axis } from './axis';
import { transpose } from './transpose';
import { weigh } from './weigh';

/** Rows that are resized in width together: one a byte of a vector. */
export const BATCH_ROWS: i32 = 16;
/** Of a pixel in columns: a vector of each colour. */
const PIXEL_BYTES: i32 = 3 * BATCH_ROWS;

export function align(bytes: i32): i32 {
  return (bytes + BATCH_ROWS - 1) & -BATCH_ROWS;
}

/** Size of a batch as columns, with one pixel more for the kernel to read. */
export function columnsBytes(width: i32): u64 {
  return <u64>(align(3 * width) + 3) * BATCH_ROWS;
}

/** Turns a batch of rows of interleaved colours into columns: [width, 3, BATCH_ROWS]. */
export function toColumns(rows: usize, width: i32, columns: usize): void {
  const rowBytes = 3 * width;
  for (let byte = 0; byte < rowBytes; byte += BATCH_ROWS) {
    transpose(rows + byte, rowBytes, columns + byte * BATCH_ROWS, BATCH_ROWS);
  }
}

/** Resizes columns in width. */
export function resizeColumns(columns: usize, axis: Axis, width: i32, into: usize): void {
  for (let x = 0; x < width; x++) {
    const first = columns + axis.first(x) * PIXEL_BYTES;
    weigh(first, PIXEL_BYTES, axis.weightsOf(x), axis.count(x), into, 3);
    into += PIXEL_BYTES;
  }
}

/** Turns columns into a batch of rows of separate colours: [BATCH_ROWS, 3, align(width)]. */
export function toPlanarRows(columns: usize, width: i32, rows: usize): void {
  const planeBytes = align(width);
  for (let x = 0; x < width; x += BATCH_ROWS) {
    for (let colour = 0; colour < 3; colour++) {
      const from = columns + x * PIXEL_BYTES + colour * BATCH_ROWS;
      transpose(from, PIXEL_BYTES, rows + colour * planeBytes + x, 3 * planeBytes);
    }
  }
}
