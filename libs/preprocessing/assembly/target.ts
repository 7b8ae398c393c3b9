import { Axis, makeAxis } from './axis';
import { align, BATCH_ROWS, columnsBytes, resizeColumns, toColumns, toPlanarRows } from './columns';
import { isExhausted, take } from './memory';
import { makeRows, Rows } from './rows';
import { weigh } from './weigh';

/** Takes a finished row of the grid: [columns, 3, tileSize, tileSize]. */
declare function takeTiles(target: i32, gridRow: i32, tiles: usize): void;

/** A size that the picture is resized to, to be cut into tiles. */
@unmanaged
export class Target {
  index: i32;
  sourceWidth: i32;
  width: i32;
  height: i32;
  tileSize: i32;
  isHeightFirst: bool;
  horizontal: Axis;
  vertical: Axis;
  /** What is resized in height: the picture's rows, or where the width comes first, rows of separate colours. */
  rows: Rows;
  /** Next row of the result of the resize in height. */
  nextRow: i32;
  /** What has been resized in height: one row, or a batch where the width comes second. */
  resized: usize;
  /** A batch as columns, and the same resized. */
  columns: usize;
  resizedColumns: usize;
  /** A batch of rows resized in height, then in width. */
  finished: usize;
  /** The row of the grid that is being filled. */
  tiles: usize;
}

/** What a picture is resized to and from. */
export function makeTarget(index: i32, sourceWidth: i32, sourceHeight: i32, width: i32, height: i32): Target {
  const target = changetype<Target>(take(offsetof<Target>()));
  const horizontal = makeAxis(sourceWidth, width);
  const vertical = makeAxis(sourceHeight, height);
  const resizedColumns = take(columnsBytes(align(width)));
  if (isExhausted()) return target;
  target.index = index;
  target.sourceWidth = sourceWidth;
  target.width = width;
  target.height = height;
  target.horizontal = horizontal;
  target.vertical = vertical;
  target.resizedColumns = resizedColumns;
  target.nextRow = 0;
  return target;
}

/** Takes the buffers of a target that is resized in width first. */
export function prepareWidthFirst(target: Target, columns: usize, tileSize: i32): void {
  const rowBytes = 3 * align(target.width);
  target.isHeightFirst = false;
  target.columns = columns;
  target.rows = makeRows(rowBytes, target.vertical.longest, BATCH_ROWS);
  target.resized = take(rowBytes);
  prepareTiles(target, tileSize);
}

/** Takes the buffers of a target that is resized in height first. */
export function prepareHeightFirst(target: Target, tileSize: i32): void {
  const rowBytes = 3 * target.sourceWidth;
  target.isHeightFirst = true;
  target.rows = makeRows(rowBytes, target.vertical.longest, BATCH_ROWS);
  target.resized = take(<u64>rowBytes * BATCH_ROWS);
  target.columns = take(columnsBytes(target.sourceWidth));
  target.finished = take(<u64>3 * align(target.width) * BATCH_ROWS);
  prepareTiles(target, tileSize);
}

function prepareTiles(target: Target, tileSize: i32): void {
  target.tileSize = tileSize;
  target.tiles = take(<u64>3 * target.width * tileSize);
}

/** Goes on with `count` more rows of the picture, whose columns are there already where the width comes first. */
export function pushRows(target: Target, source: usize, count: i32): void {
  if (target.isHeightFirst) pushHeightFirst(target, source, count);
  else pushWidthFirst(target, count);
}

function pushWidthFirst(target: Target, count: i32): void {
  const rows = target.rows;
  resizeColumns(target.columns, target.horizontal, target.width, target.resizedColumns);
  toPlanarRows(target.resizedColumns, target.width, rows.room(BATCH_ROWS, oldestNeeded(target)));
  rows.end += count;
  while (hasNextRow(target)) {
    resizeNextRow(target, target.resized, (3 * align(target.width)) / 16);
    finishRow(target, target.resized, target.nextRow - 1);
  }
}

function pushHeightFirst(target: Target, source: usize, count: i32): void {
  const rows = target.rows;
  const rowBytes = 3 * target.sourceWidth;
  memory.copy(rows.room(count, oldestNeeded(target)), source, <usize>rowBytes * count);
  rows.end += count;
  while (hasNextRow(target)) {
    const place = target.nextRow % BATCH_ROWS;
    resizeNextRow(target, target.resized + place * rowBytes, align(rowBytes) / 16);
    if (place == BATCH_ROWS - 1 || target.nextRow == target.height) finishBatch(target, place + 1);
  }
}

function oldestNeeded(target: Target): i32 {
  return target.nextRow < target.height ? target.vertical.first(target.nextRow) : target.rows.end;
}

function hasNextRow(target: Target): bool {
  return target.nextRow < target.height && target.vertical.end(target.nextRow) <= target.rows.end;
}

function resizeNextRow(target: Target, into: usize, blocks: i32): void {
  const rows = target.rows;
  const axis = target.vertical;
  const row = target.nextRow++;
  weigh(rows.row(axis.first(row)), rows.stride, axis.weightsOf(row), axis.count(row), into, blocks);
}

/** The width of the rows that wait. */
function finishBatch(target: Target, count: i32): void {
  toColumns(target.resized, target.sourceWidth, target.columns);
  resizeColumns(target.columns, target.horizontal, target.width, target.resizedColumns);
  toPlanarRows(target.resizedColumns, target.width, target.finished);
  const rowBytes = 3 * align(target.width);
  for (let row = 0; row < count; row++) {
    finishRow(target, target.finished + row * rowBytes, target.nextRow - count + row);
  }
}

/** Cuts a finished row of separate colours into the tiles that it goes through. */
function finishRow(target: Target, row: usize, y: i32): void {
  const size = target.tileSize;
  const planeBytes = align(target.width);
  const inside = y % size;
  let into = target.tiles + inside * size;
  for (let x = 0; x < target.width; x += size) {
    for (let colour = 0; colour < 3; colour++) {
      memory.copy(into, row + colour * planeBytes + x, size);
      into += size * size;
    }
  }
  if (inside == size - 1) takeTiles(target.index, y / size, target.tiles);
}
