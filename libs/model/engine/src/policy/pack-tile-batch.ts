/** Consecutive tiles of one sequence, taken into a vision run. */
export interface TileSpan {
  /** Index into the waiting sequences. */
  readonly sequence: number;
  readonly firstTile: number;
  readonly tileCount: number;
}

/**
 * The tiles of the next vision run: first come, first served, across sequences, `maxTiles` at most.
 * Sharing a run is safe because every kernel of the vision graph works tile by tile.
 */
export function packTileBatch(
  waiting: readonly { doneTiles: number; tileCount: number }[],
  maxTiles: number,
): TileSpan[] {
  const spans: TileSpan[] = [];
  let room = maxTiles;
  for (const [sequence, { doneTiles, tileCount }] of waiting.entries()) {
    if (room === 0) break;
    const taken = Math.min(room, tileCount - doneTiles);
    if (taken > 0) spans.push({ sequence, firstTile: doneTiles, tileCount: taken });
    room -= taken;
  }
  return spans;
}
