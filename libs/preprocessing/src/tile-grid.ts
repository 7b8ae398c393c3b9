/** Columns x rows of tiles that an image is cut into. */
export interface TileGrid {
  readonly columns: number;
  readonly rows: number;
}

/** How images of a model become tiles. */
export interface TilingOptions {
  /** Side of a tile. */
  readonly tileSizePixels: number;
  readonly minTiles: number;
  /** Upper bound of columns x rows; the thumbnail comes on top. */
  readonly maxTiles: number;
  /** Whether an image of several tiles is followed by the whole image as one more tile. */
  readonly useThumbnail: boolean;
}

/** Everything known of an image's tiles before its pixels are. */
export interface TilePlan extends TileGrid {
  /** All tiles, the thumbnail included. */
  readonly tileCount: number;
  readonly hasThumbnail: boolean;
  readonly width: number;
  readonly height: number;
}

/**
 * The tile grid whose aspect ratio is closest to the image's, as `find_closest_aspect_ratio` of the reference
 * chooses it: candidates in ascending area; on an exact tie of the differences (in IEEE doubles, as there) the larger
 * grid wins only when the image has more than half of its pixels.
 */
export function chooseTileGrid(width: number, height: number, options: TilingOptions): TileGrid {
  const { tileSizePixels, minTiles, maxTiles } = options;
  const aspectRatio = width / height;
  let best: TileGrid = { columns: 1, rows: 1 };
  let bestDifference = Infinity;
  for (const candidate of candidateGrids(minTiles, maxTiles)) {
    const difference = Math.abs(aspectRatio - candidate.columns / candidate.rows);
    const halfOfItsPixels = 0.5 * tileSizePixels * tileSizePixels * candidate.columns * candidate.rows;
    if (difference < bestDifference || (difference === bestDifference && width * height > halfOfItsPixels)) {
      best = candidate;
      bestDifference = difference;
    }
  }
  return best;
}

/** The tiles of an image of this size. */
export function planTiles(width: number, height: number, options: TilingOptions): TilePlan {
  const grid = chooseTileGrid(width, height, options);
  const hasThumbnail = options.useThumbnail && grid.columns * grid.rows > 1;
  return {
    ...grid,
    width,
    height,
    hasThumbnail,
    tileCount: grid.columns * grid.rows + (hasThumbnail ? 1 : 0),
  };
}

/** All grids of minTiles to maxTiles tiles in ascending number of tiles; among equals fewer columns first. */
export function candidateGrids(minTiles: number, maxTiles: number): TileGrid[] {
  const grids: TileGrid[] = [];
  for (let columns = 1; columns <= maxTiles; columns++) {
    for (let rows = 1; columns * rows <= maxTiles; rows++) {
      if (columns * rows >= minTiles) grids.push({ columns, rows });
    }
  }
  return grids.sort((a, b) => a.columns * a.rows - b.columns * b.rows);
}
