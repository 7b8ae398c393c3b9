import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { type Worker } from 'node:worker_threads';
import {
  ImageTooWideToResizeError,
  PixelCountError,
  planTiles,
  TilerDisposedError,
  TilingThreadError,
  type TilePlan,
  Tiler,
} from '@tessera/preprocessing';
import { findRepositoryRoot } from '@tessera/testing';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { PillowTiler } from './pillow-tiler.js';

const CASES = { seed: 20_261_125, numRuns: 150 };

/** Noise with many black and white pixels, where sums leave the range of a byte. */
function noise(bytes: number, seed: number): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length: bytes }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    const value = state >>> 16;
    return value % 3 === 0 ? (value & 8) * 32 - ((value & 8) >> 3) : value;
  });
}

function planOf(width: number, height: number, tileSizePixels: number, maxTiles = 12): TilePlan {
  return planTiles(width, height, { tileSizePixels, minTiles: 1, maxTiles, useThumbnail: true });
}

async function differences(width: number, height: number, size: number, maxTiles: number): Promise<number> {
  const tiler = tilerOf(size);
  const plan = planOf(width, height, size, maxTiles);
  const pixels = noise(3 * width * height, width * 7_919 + height);
  const ours = await tiler.tile(pixels, plan);
  const pillow = await new PillowTiler(size).tile(pixels, plan);
  expect(ours).toHaveLength(pillow.length);
  return ours.reduce((count, value, index) => count + Number(value !== pillow[index]), 0);
}

const tilers = new Map<number, Tiler>();
function tilerOf(size: number): Tiler {
  const tiler = tilers.get(size) ?? new Tiler(size, 1);
  tilers.set(size, tiler);
  return tiler;
}
afterAll(() => {
  for (const tiler of tilers.values()) tiler.dispose();
});

describe('the tiler, beside the plain arithmetic of Pillow,', () => {
  const side = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 400 }));
  const size = fc.constantFrom(14, 16, 28, 56);
  const maxTiles = fc.integer({ min: 1, max: 12 });

  it('has the same tiles for any picture', async () => {
    await fc.assert(
      fc.asyncProperty(side, side, size, maxTiles, async (...picture) => {
        expect(await differences(...picture)).toBe(0);
      }),
      CASES,
    );
  });

  it.each([
    ['a single pixel', 1, 1, 28],
    ['a side of one pixel', 1, 300, 56],
    ['a line', 5_000, 1, 28],
    ['a column of more rows than a batch of the program', 3, 5_000, 28],
    ['one that shrinks by 30', 900, 840, 28],
    ['one that is a tile already', 56, 56, 56],
    ['one that grows a hundredfold', 2, 3, 224],
    ['one of many slices of pixels', 1_500, 800, 112],
    ['one of a height that is one row more than a batch', 50, 17, 28],
  ])('has the same tiles for %s', async (_, width, height, tileSize) => {
    expect(await differences(width, height, tileSize, 6)).toBe(0);
  });
});

describe('the tiler', () => {
  const size = 56;
  const plan = planOf(640, 480, size);
  const pixels = noise(3 * 640 * 480, 1);

  it('starts no more threads than it may, and cuts more pictures than it has threads', async () => {
    const threads: Worker[] = [];
    const count = (thread: Worker): unknown => threads.push(thread);
    process.on('worker', count);
    const tiler = new Tiler(size, 2);
    const outputs = await Promise.all(Array.from({ length: 7 }, () => tiler.tile(pixels, plan)));
    process.removeListener('worker', count);
    expect(threads).toHaveLength(2);
    for (const tiles of outputs) expect(Buffer.compare(tiles, outputs[0] as Uint8Array)).toBe(0);
    const ends = threads.map((thread) => once(thread, 'exit'));
    tiler.dispose();
    await Promise.all(ends);
  });

  it('keeps a process alive while it works and no longer', async () => {
    const script = `
      import { planTiles, Tiler } from '@tessera/preprocessing';
      const plan = planTiles(64, 48, { tileSizePixels: 56, minTiles: 1, maxTiles: 6, useThumbnail: true });
      const tiles = await new Tiler(56, 1).tile(new Uint8Array(64 * 48 * 3).fill(9), plan);
      console.log(tiles.every((value) => value === 9));`;
    const child = execFile(process.execPath, ['--input-type=module', '--eval', script], {
      cwd: findRepositoryRoot(),
    });
    let output = '';
    child.stdout?.on('data', (text: string) => (output += text));
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(output).toBe('true\n');
  });

  it('gives up a picture whose request is aborted, and goes on with the next', async () => {
    const tiler = new Tiler(size, 1);
    const expected = await tiler.tile(pixels, plan);
    const controller = new AbortController();
    const large = planOf(2_000, 2_000, size);
    const work = tiler.tile(noise(12_000_000, 2), large, controller.signal);
    const reason = new Error('cancelled');
    controller.abort(reason);
    await expect(work).rejects.toBe(reason);
    await expect(tiler.tile(pixels, plan, controller.signal)).rejects.toBe(reason);
    expect(Buffer.compare(await tiler.tile(pixels, plan), expected)).toBe(0);
    tiler.dispose();
  });

  it('fails what is under way when it is disposed of, and what comes after', async () => {
    const tiler = new Tiler(size, 1);
    const settled = Promise.allSettled([tiler.tile(pixels, plan), tiler.tile(pixels, plan)]);
    tiler.dispose();
    const [first, second] = await settled;
    expect(first).toMatchObject({ reason: expect.any(TilingThreadError) as unknown });
    expect(second).toMatchObject({ reason: expect.any(TilerDisposedError) as unknown });
    await expect(tiler.tile(pixels, plan)).rejects.toThrow(TilerDisposedError);
  });

  it('refuses a side that takes too much memory, and other pixels than planned, and goes on', async () => {
    const tiler = new Tiler(size, 1);
    const long = planOf(30_000_000, 1, size);
    await expect(tiler.tile(new Uint8Array(90_000_000), long)).rejects.toThrow(ImageTooWideToResizeError);
    await expect(tiler.tile(pixels.subarray(3), plan)).rejects.toThrow(PixelCountError);
    expect(await tiler.tile(new Uint8Array(3).fill(7), planOf(1, 1, size))).toEqual(
      new Uint8Array(3 * size * size).fill(7),
    );
    tiler.dispose();
  });

  it('lets the event loop turn after every MiB of pixels', async () => {
    const tiler = new Tiler(448, 1);
    const large = planOf(6_000, 4_000, 448, 40);
    const picture = noise(1_000, 3);
    const bytes = new Uint8Array(6_000 * 4_000 * 3);
    for (let start = 0; start < bytes.length; start += picture.length) bytes.set(picture, start);
    let turns = 0;
    let isDone = false;
    const turn = (): void => {
      turns++;
      if (!isDone) setImmediate(turn);
    };
    turn();
    await tiler.tile(bytes, large);
    isDone = true;
    expect(turns).toBeGreaterThan(bytes.length / 1024 ** 2);
    tiler.dispose();
  });
});
