/** Consecutive tiles of one image, taken into a vision run. */
export interface TileSpan {
  /** Index into the waiting images. */
  readonly image: number;
  readonly firstTile: number;
  readonly tileCount: number;
}

/**
 * The tiles of the next vision run: first come, first served, across images and sequences, `maxTiles` at most.
 * Sharing a run is safe because every kernel of the vision graph works tile by tile.
 */
export function packTileBatch(
  waiting: readonly { doneTiles: number; tileCount: number }[],
  maxTiles: number,
): TileSpan[] {
  const spans: TileSpan[] = [];
  let room = maxTiles;
  for (const [image, { doneTiles, tileCount }] of waiting.entries()) {
    if (room === 0) break;
    const taken = Math.min(room, tileCount - doneTiles);
    if (taken > 0) spans.push({ image, firstTile: doneTiles, tileCount: taken });
    room -= taken;
  }
  return spans;
}
