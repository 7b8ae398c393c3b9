import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { chooseFirstPass, type ImageTiler, planTiles, Tiler } from '@tessera/preprocessing';
import { findRepositoryRoot } from '@tessera/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { loadPicture } from '../engine/golden-cases.js';
import { PillowTiler } from './pillow-tiler.js';
import { readReferenceArrays } from '../engine/safetensors.js';

interface GoldenTiles {
  image: string;
  max_tiles: number;
  grid: [columns: number, rows: number];
  tiles: number;
  /** Of every tile's bytes, [448, 448, 3], as Pillow makes them. */
  sha256: string[];
}

const SIZE = 448;
const golden = path.join(findRepositoryRoot(), 'test', 'golden');
const cases = JSON.parse(readFileSync(path.join(golden, 'tiles.json'), 'utf8')) as GoldenTiles[];
const pixelsOf = readReferenceArrays(path.join(golden, 'tiles.safetensors'));

describe('tiles', () => {
  const tiler = new Tiler(SIZE, 2);
  afterAll(() => tiler.dispose());

  async function tilesOf(cutter: ImageTiler, { image, max_tiles: maxTiles, grid, tiles }: GoldenTiles) {
    const picture = await loadPicture(path.join(golden, 'images', `${image}.png`));
    const options = { tileSizePixels: SIZE, minTiles: 1, maxTiles, useThumbnail: true };
    const plan = planTiles(picture.width, picture.height, options);
    expect([plan.columns, plan.rows, plan.tileCount]).toEqual([...grid, tiles]);
    return interleave(await cutter.tile(await picture.decode(), plan), plan.tileCount);
  }

  it.each(cases)('of $image, at most $max_tiles, are Pillow’s to the bit', async (goldenTiles) => {
    const ours = await tilesOf(tiler, goldenTiles);
    expect(ours.map(sha256)).toEqual(goldenTiles.sha256);
  });

  it.each([
    ['hd.6', 'hd', 6],
    ['small.6', 'small', 6],
    ['tall.1', 'tall', 1],
  ] as const)('are the bytes that Pillow wrote to the reference file: %s', async (key, image, maxTiles) => {
    const goldenTiles = cases.find((entry) => entry.image === image && entry.max_tiles === maxTiles);
    const ours = await tilesOf(tiler, goldenTiles as GoldenTiles);
    expect(Buffer.compare(Buffer.concat(ours), pixelsOf.bytes(key))).toBe(0);
  });

  it('are the same where several images are cut at a time', async () => {
    const together = await Promise.all(cases.map((goldenTiles) => tilesOf(tiler, goldenTiles)));
    expect(together.map((tiles) => tiles.map(sha256))).toEqual(cases.map(({ sha256: sums }) => sums));
  });

  it('of an image whose height is resized first are those of the plain arithmetic', async () => {
    const size = 56;
    const picture = await loadPicture(path.join(golden, 'images', 'tall.png'));
    const options = { tileSizePixels: size, minTiles: 1, maxTiles: 6, useThumbnail: true };
    const plan = planTiles(picture.width, picture.height, options);
    const whole = { width: plan.columns * size, height: plan.rows * size };
    expect(chooseFirstPass(picture, whole)).toBe('height');
    const small = new Tiler(size, 1);
    const [ours, pillow] = await Promise.all(
      [small, new PillowTiler(size)].map(async (cutter) => cutter.tile(await picture.decode(), plan)),
    );
    small.dispose();
    expect(Buffer.compare(ours as Uint8Array, pillow as Uint8Array)).toBe(0);
  });
});

/** [tiles, 3, size, size] as one [size, size, 3] a tile, which is how Pillow keeps pixels. */
function interleave(planar: Uint8Array, tileCount: number): Uint8Array[] {
  const pixels = SIZE * SIZE;
  return Array.from({ length: tileCount }, (_, tile) => {
    const result = new Uint8Array(3 * pixels);
    for (let channel = 0; channel < 3; channel++) {
      for (let pixel = 0; pixel < pixels; pixel++) {
        result[pixel * 3 + channel] = planar[(tile * 3 + channel) * pixels + pixel] as number;
      }
    }
    return result;
  });
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
