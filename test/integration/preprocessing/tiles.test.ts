import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { OrtRuntime, type Tensor } from '@tessera/ort';
import { buildTilingGraph, chooseFirstPass, type ImageTiler, planTiles, Tiler } from '@tessera/preprocessing';
import { findRepositoryRoot } from '@tessera/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadPicture } from '../engine/golden-cases.js';
import { PillowTiler } from '../engine/pillow-tiler.js';
import { readReferenceArrays } from '../engine/safetensors.js';

interface GoldenTiles {
  image: string;
  max_tiles: number;
  grid: [columns: number, rows: number];
  tiles: number;
  /** Of every tile's bytes, [448, 448, 3], as Pillow makes them. */
  sha256: string[];
  mean: number[];
}

const SIZE = 448;
/** As the reference outputs' own README says. */
const LEVELS = 2;
const golden = path.join(findRepositoryRoot(), 'test', 'golden');
const cases = JSON.parse(readFileSync(path.join(golden, 'tiles.json'), 'utf8')) as GoldenTiles[];
const pixelsOf = readReferenceArrays(path.join(golden, 'tiles.safetensors'));

describe('tiles', () => {
  let runtime: OrtRuntime;
  let tiler: Tiler;

  beforeAll(async () => {
    runtime = OrtRuntime.create({ intraOpThreads: 2, spin: false });
    tiler = await Tiler.load(runtime, buildTilingGraph(SIZE), SIZE);
  });
  afterAll(() => {
    tiler.dispose();
    expect(runtime.liveHandleCount).toBe(2);
    runtime.dispose();
    expect(runtime.liveHandleCount).toBe(0);
  });

  async function tilesOf(cutter: ImageTiler, { image, max_tiles: maxTiles, grid, tiles }: GoldenTiles) {
    const picture = await loadPicture(path.join(golden, 'images', `${image}.png`));
    const options = { tileSizePixels: SIZE, minTiles: 1, maxTiles, useThumbnail: true };
    const plan = planTiles(picture.width, picture.height, options);
    expect([plan.columns, plan.rows, plan.tileCount]).toEqual([...grid, tiles]);
    const into: Tensor<'uint8'> = runtime.allocate('uint8', [plan.tileCount, 3, SIZE, SIZE]);
    await cutter.tile(await picture.decode(), plan, into);
    into.dispose();
    return interleave(into.data, plan.tileCount);
  }

  it.each(cases)('of $image, at most $max_tiles: within 2 levels of Pillow’s', async (goldenTiles) => {
    const pillow = await tilesOf(new PillowTiler(SIZE), goldenTiles);
    // The test's own tiler has Pillow's bytes, so it can stand in for Pillow where the file has hashes only.
    expect(pillow.map(sha256)).toEqual(goldenTiles.sha256);
    const ours = await tilesOf(tiler, goldenTiles);
    for (const [index, tile] of ours.entries()) {
      expect(worstDifference(tile, pillow[index])).toBeLessThanOrEqual(LEVELS);
      expect(Math.abs(mean(tile) - (goldenTiles.mean[index] ?? NaN))).toBeLessThan(0.01);
    }
  });

  it('of an image whose height is resized first are within 2 levels of Pillow’s too', async () => {
    const size = 56;
    const picture = await loadPicture(path.join(golden, 'images', 'tall.png'));
    const options = { tileSizePixels: size, minTiles: 1, maxTiles: 6, useThumbnail: true };
    const plan = planTiles(picture.width, picture.height, options);
    const whole = { width: plan.columns * size, height: plan.rows * size };
    expect(chooseFirstPass(picture, whole)).toBe('height');
    const small = await Tiler.load(runtime, buildTilingGraph(size), size);
    const [ours, pillow] = await Promise.all(
      [small, new PillowTiler(size)].map(async (cutter) => {
        const into = runtime.allocate('uint8', [plan.tileCount, 3, size, size]);
        await cutter.tile(await picture.decode(), plan, into);
        into.dispose();
        return into.data;
      }),
    );
    small.dispose();
    expect(worstDifference(ours as Uint8Array, pillow)).toBeLessThanOrEqual(LEVELS);
  });

  it('hardly differ from the bytes that Pillow wrote to the reference file', async () => {
    for (const [key, image, maxTiles] of [
      ['hd.6', 'hd', 6],
      ['small.6', 'small', 6],
      ['tall.1', 'tall', 1],
    ] as const) {
      const goldenTiles = cases.find((entry) => entry.image === image && entry.max_tiles === maxTiles);
      const bytes = pixelsOf.bytes(key);
      const ours = await tilesOf(tiler, goldenTiles as GoldenTiles);
      const tileBytes = SIZE * SIZE * 3;
      expect(ours.length * tileBytes).toBe(bytes.length);
      for (const [index, tile] of ours.entries()) {
        const reference = bytes.subarray(index * tileBytes, (index + 1) * tileBytes);
        expect(worstDifference(tile, reference)).toBeLessThanOrEqual(LEVELS);
        expect(differing(tile, reference)).toBeLessThan(0.002);
      }
    }
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
const mean = (bytes: Uint8Array): number => bytes.reduce((sum, value) => sum + value, 0) / bytes.length;

function worstDifference(ours: Uint8Array, theirs: Uint8Array | undefined): number {
  let worst = theirs?.length === ours.length ? 0 : Infinity;
  for (const [index, value] of ours.entries())
    worst = Math.max(worst, Math.abs(value - (theirs?.[index] ?? 0)));
  return worst;
}

/** Share of values that differ at all. */
function differing(ours: Uint8Array, theirs: Uint8Array): number {
  return ours.filter((value, index) => value !== theirs[index]).length / ours.length;
}
