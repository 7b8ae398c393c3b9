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
  readonly targets: readonly ResizeTarget[];
}

export function planResize(plan: TilePlan, tileSizePixels: number): ResizeJob {
  const { width, height, columns, rows, hasThumbnail } = plan;
  const grid = resizeTarget(plan, columns * tileSizePixels, rows * tileSizePixels, 0);
  const gridBytes = 3 * grid.width * grid.height;
  const thumbnail = resizeTarget(plan, tileSizePixels, tileSizePixels, gridBytes);
  return { width, height, tileSizePixels, targets: hasThumbnail ? [grid, thumbnail] : [grid] };
}

function resizeTarget(from: TilePlan, width: number, height: number, offset: number): ResizeTarget {
  const isHeightFirst = chooseFirstPass(from, { width, height }) === 'height';
  return { width, height, isHeightFirst, offset };
}
