export { chooseFirstPass, type PixelSize } from './first-pass.js';
export {
  candidateGrids,
  chooseTileGrid,
  planTiles,
  type TileGrid,
  type TilePlan,
  type TilingOptions,
} from './tile-grid.js';
export {
  ImageTooWideToResizeError,
  PixelCountError,
  TilerDisposedError,
  TilingThreadError,
} from './errors.js';
export { type ImageTiler, Tiler } from './tiler.js';
