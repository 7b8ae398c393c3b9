import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { candidateGrids, chooseTileGrid, planTiles, type TilingOptions } from './tile-grid.js';

/** The same cases every time; a failure prints how to come back to it. */
fc.configureGlobal({ seed: 20_261_125 });

const MAX_SIDE = 60_000;
const side = fc.oneof(fc.integer({ min: 1, max: 2_000 }), fc.integer({ min: 1, max: MAX_SIDE }));
const options: fc.Arbitrary<TilingOptions> = fc
  .record({
    tileSizePixels: fc.constantFrom(112, 224, 448),
    bounds: fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 })),
    useThumbnail: fc.boolean(),
  })
  .map(({ bounds: [a, b], ...others }) => ({
    ...others,
    minTiles: Math.min(a, b),
    maxTiles: Math.max(a, b),
  }));

/** How far a grid is from the picture's aspect ratio. */
const differenceOf = (width: number, height: number, grid: { columns: number; rows: number }): number =>
  Math.abs(width / height - grid.columns / grid.rows);

describe('whatever the size and the budget, the tile grid', () => {
  it('keeps to the fewest and the most tiles where a grid of so many exists', () => {
    fc.assert(
      fc.property(side, side, options, (width, height, tiling) => {
        const { columns, rows } = chooseTileGrid(width, height, tiling);
        // 1 x n always exists, so there is a grid for any bounds.
        expect(columns * rows).toBeGreaterThanOrEqual(tiling.minTiles);
        expect(columns * rows).toBeLessThanOrEqual(tiling.maxTiles);
      }),
    );
  });

  it('is the closest to the aspect ratio', () => {
    fc.assert(
      fc.property(side, side, options, (width, height, tiling) => {
        const chosen = differenceOf(width, height, chooseTileGrid(width, height, tiling));
        for (const candidate of candidateGrids(tiling.minTiles, tiling.maxTiles)) {
          expect(chosen).toBeLessThanOrEqual(differenceOf(width, height, candidate));
        }
      }),
    );
  });

  it('is larger than another of the same aspect ratio only for more than half of its pixels', () => {
    fc.assert(
      fc.property(side, side, options, (width, height, tiling) => {
        const { columns, rows } = chooseTileGrid(width, height, tiling);
        const smaller = candidateGrids(tiling.minTiles, tiling.maxTiles).some(
          (candidate) => candidate.columns * rows === columns * candidate.rows && candidate.columns < columns,
        );
        if (smaller)
          expect(width * height).toBeGreaterThan(0.5 * tiling.tileSizePixels ** 2 * columns * rows);
      }),
    );
  });

  it('has for every bounds each grid of so many tiles once', () => {
    fc.assert(
      fc.property(options, ({ minTiles, maxTiles }) => {
        const grids = candidateGrids(minTiles, maxTiles);
        const count = Array.from({ length: maxTiles - minTiles + 1 }, (_, index) =>
          divisorCount(minTiles + index),
        );
        expect(new Set(grids.map(({ columns, rows }) => `${columns}x${rows}`)).size).toBe(grids.length);
        expect(grids).toHaveLength(count.reduce((sum, divisors) => sum + divisors, 0));
      }),
    );
  });

  it('is planned with a thumbnail exactly where there are several tiles and it is asked for', () => {
    fc.assert(
      fc.property(side, side, options, (width, height, tiling) => {
        const plan = planTiles(width, height, tiling);
        const tiles = plan.columns * plan.rows;
        expect(plan).toEqual({
          ...chooseTileGrid(width, height, tiling),
          width,
          height,
          hasThumbnail: tiling.useThumbnail && tiles > 1,
          tileCount: tiling.useThumbnail && tiles > 1 ? tiles + 1 : tiles,
        });
      }),
    );
  });
});

function divisorCount(value: number): number {
  return Array.from({ length: value }, (_, index) => index + 1).filter((divisor) => value % divisor === 0)
    .length;
}
