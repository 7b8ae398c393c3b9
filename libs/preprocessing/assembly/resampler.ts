// Resizes a picture to several sizes while its rows come in, with Pillow's bicubic to the bit, and cuts the results
// into tiles. See docs/decisions/0010 for why this is WebAssembly and how it is made fast.
import { BATCH_ROWS, columnsBytes, toColumns } from './columns';
import { isExhausted, releaseAll, take } from './memory';
import { makeTarget, prepareHeightFirst, prepareWidthFirst, pushRows, Target } from './target';

let width: i32 = 0;
let height: i32 = 0;
let batch: usize = 0;
let columns: usize = 0;
let needsColumns: bool = false;
/** The grid, then the thumbnail. */
let first: usize = 0;
let second: usize = 0;

/** Begins a picture, forgetting the one before. Returns where batches of its rows are expected, or 0 for lack of memory. */
export function begin(pictureWidth: i32, pictureHeight: i32): usize {
  releaseAll();
  width = pictureWidth;
  height = pictureHeight;
  first = 0;
  second = 0;
  needsColumns = false;
  batch = take(<u64>3 * width * BATCH_ROWS);
  columns = take(columnsBytes(width));
  return isExhausted() ? 0 : batch;
}

/** Adds a size to resize to, of whole tiles; two at most. Returns whether there is memory for it. */
export function addTarget(targetWidth: i32, targetHeight: i32, tileSize: i32, isHeightFirst: bool): bool {
  const target = makeTarget(first == 0 ? 0 : 1, width, height, targetWidth, targetHeight);
  if (isExhausted()) return false;
  if (isHeightFirst) prepareHeightFirst(target, tileSize);
  else prepareWidthFirst(target, columns, tileSize);
  if (first == 0) first = changetype<usize>(target);
  else second = changetype<usize>(target);
  needsColumns = needsColumns || !isHeightFirst;
  return !isExhausted();
}

/** Goes on with the next rows: BATCH_ROWS, and what is left at the end. */
export function push(rowCount: i32): void {
  if (needsColumns) toColumns(batch, width, columns);
  pushRows(changetype<Target>(first), batch, rowCount);
  if (second != 0) pushRows(changetype<Target>(second), batch, rowCount);
}
