import { chooseFirstPass } from './first-pass.js';
import { type TilePlan } from './tile-grid.js';

/** A size that a picture is resized to, in whole tiles. */
export interface ResizeTarget {
  readonly width: number;
  readonly height: number;
  readonly isHeightFirst: boolean;
  /** Where its first tile begins among the bytes of all. */
  readonly offset: number;
}

/** What becomes of a picture: the grid, then the thumbnail where there is one. */
export interface ResizeJob {
  readonly width: number;
  readonly height: number;
  readonly tileSizePixels: number;
  /** Of all tiles. */
  readonly tileBytes: number;
  readonly targets: readonly ResizeTarget[];
}

export function planResize(plan: TilePlan, tileSizePixels: number): ResizeJob {
  const { width, height, columns, rows, tileCount, hasThumbnail } = plan;
  const grid = resizeTarget(plan, columns * tileSizePixels, rows * tileSizePixels, 0);
  const gridBytes = 3 * grid.width * grid.height;
  const thumbnail = resizeTarget(plan, tileSizePixels, tileSizePixels, gridBytes);
  const targets = hasThumbnail ? [grid, thumbnail] : [grid];
  return { width, height, tileSizePixels, tileBytes: tileCount * 3 * tileSizePixels ** 2, targets };
}

function resizeTarget(from: TilePlan, width: number, height: number, offset: number): ResizeTarget {
  const isHeightFirst = chooseFirstPass(from, { width, height }) === 'height';
  return { width, height, isHeightFirst, offset };
}
