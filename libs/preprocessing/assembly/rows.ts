import { take } from './memory';

/** Rows that are kept while outputs need them: the latest of a growing number, one after the other in memory. */
@unmanaged
export class Rows {
  start: usize;
  stride: usize;
  capacity: i32;
  /** Index of the first row that is kept. */
  first: i32;
  /** One past the last row. */
  end: i32;

  row(index: i32): usize {
    return this.start + <usize>(index - this.first) * this.stride;
  }

  /** Makes room for `count` more rows and returns its place. Rows before `oldest` are no longer kept. */
  room(count: i32, oldest: i32): usize {
    if (this.end - this.first + count > this.capacity) {
      const kept = max<i32>(0, this.end - oldest);
      memory.copy(this.start, this.row(this.end - kept), <usize>kept * this.stride);
      this.first = this.end - kept;
    }
    return this.row(this.end);
  }
}

/** Room for outputs of `longest` rows when up to `batch` rows come at a time. */
export function makeRows(rowBytes: i32, longest: i32, batch: i32): Rows {
  const rows = changetype<Rows>(take(offsetof<Rows>()));
  // Twice as many as are needed, so that rows are moved once each at most.
  const capacity = 2 * longest + 2 * batch;
  const start = take((<u64>capacity + 1) * rowBytes);
  if (start == 0) return rows;
  rows.start = start;
  rows.stride = rowBytes;
  rows.capacity = capacity;
  rows.first = 0;
  rows.end = 0;
  return rows;
}
