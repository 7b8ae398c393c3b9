import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { candidateGrids, chooseTileGrid, planTiles } from './tile-grid.js';

interface GoldenGrid {
  width: number;
  height: number;
  max_tiles: number;
  grid: [number, number];
}
const golden = JSON.parse(
  readFileSync(new URL('../../../test/golden/grids.json', import.meta.url), 'utf8'),
) as GoldenGrid[];
const options = { tileSizePixels: 448, minTiles: 1, maxTiles: 12, useThumbnail: true };

describe('chooseTileGrid', () => {
  it('chooses the grid of the reference for every golden size and budget', () => {
    const chosen = golden.map(({ width, height, max_tiles }) => {
      const { columns, rows } = chooseTileGrid(width, height, { ...options, maxTiles: max_tiles });
      return { width, height, max_tiles, grid: [columns, rows] };
    });
    expect(golden.length).toBeGreaterThan(500);
    expect(chosen).toEqual(golden);
  });

  it.each([
    [1, 1],
    [6, 14],
    [12, 35],
    [40, 158],
  ])('has for up to %i tiles %i candidate grids', (maxTiles, count) => {
    expect(candidateGrids(1, maxTiles)).toHaveLength(count);
  });
});

describe('planTiles', () => {
  it('adds a thumbnail to an image of several tiles only', () => {
    expect(planTiles(800, 600, options)).toMatchObject({
      columns: 4,
      rows: 3,
      tileCount: 13,
      hasThumbnail: true,
    });
    expect(planTiles(448, 448, options)).toMatchObject({
      columns: 1,
      rows: 1,
      tileCount: 1,
      hasThumbnail: false,
    });
    expect(planTiles(800, 600, { ...options, useThumbnail: false })).toMatchObject({ tileCount: 12 });
  });
});
