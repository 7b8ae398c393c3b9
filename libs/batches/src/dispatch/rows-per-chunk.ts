/** How long a chunk should take a worker. */
const CHUNK_MS = 30_000;
const MOST_ROWS = 64;
/** Rows of a chunk while nothing is known of a batch's speed. */
const FIRST_ROWS = 8;

/**
 * Rows of the next chunk of a batch whose rows take `rowMs` of their chunk's time each; enough for two or three chunks
 * to fill a worker of so many slots.
 */
export function rowsPerChunk(rowMs: number | undefined, slots: number): number {
  const fewest = Math.min(MOST_ROWS, Math.ceil(slots / 2));
  const wanted = rowMs === undefined ? FIRST_ROWS : Math.round(CHUNK_MS / Math.max(rowMs, 1));
  return Math.min(MOST_ROWS, Math.max(fewest, wanted));
}
