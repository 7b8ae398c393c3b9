export {
  candidateGrids,
  chooseTileGrid,
  planTiles,
  type TileGrid,
  type TilePlan,
  type TilingOptions,
} from './tile-grid.js';
export { Tiler } from './tiler.js';
export { buildTilingGraph } from './tiling-graph.js';
