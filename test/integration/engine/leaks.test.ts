import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Engine } from '@tessera/engine';
import { type OrtRuntime } from '@tessera/ort';
import { type ImageTiler, planTiles, Tiler } from '@tessera/preprocessing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asking, longText, MixedLoad } from './mixed-load.js';
import { ask, convertTinyModel, type TinyModel } from './tiny-engine.js';

const SLOTS = 4;
/** Words of a prompt for a slot of the shorter class, and of the longer. */
const PROMPT_WORDS = [8, 450];
const CLIENTS = 8;
const WARM_UP_REQUESTS = 96;
const REQUESTS = 208;
/** Memory outside the heap: what later rounds may hold more than the first. */
const TOLERATED_BYTES = 2 ** 20;
const TILING_THREADS = 2;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Buffers and decoded pictures that are left after a collection; what was handed over is let go a turn later. */
async function externalBytes(): Promise<number> {
  for (let turn = 0; turn < 3; turn++) {
    await new Promise(setImmediate);
    collectGarbage();
  }
  return process.memoryUsage().external;
}

/** Starts all of them: each keeps memory of its own, and the load alone may need the second only late. */
async function startTilingThreads(tiler: Tiler | undefined): Promise<void> {
  if (tiler === undefined) throw new Error('the engine has no tiler');
  const { tileSizePixels } = tiler;
  const plan = planTiles(1, 1, { tileSizePixels, minTiles: 1, maxTiles: 1, useThumbnail: false });
  const tileOnePixel = (): Promise<Uint8Array> => tiler.tile(new Uint8Array(3), plan);
  await Promise.all(Array.from({ length: TILING_THREADS }, tileOnePixel));
}

/** Decodes any number of sequences side by side: what a number needs stays, and the load alone may come to it only late. */
async function decodeAtEveryWidth(engine: Engine): Promise<void> {
  for (const words of PROMPT_WORDS) {
    for (let n = 1; n <= SLOTS; n++) {
      await engine.generate({ ...asking(longText(words, n)), n, sampling: { temperature: 1, seed: n } });
    }
  }
}

describe('the engine after hundreds of requests of every kind', () => {
  let model: TinyModel;
  beforeAll(async () => {
    model = await convertTinyModel();
  });
  afterAll(() => model.remove());

  it('holds as many native objects and as much memory as after the first hundreds, and nothing once closed', async () => {
    let runtime: OrtRuntime | undefined;
    let tiler: Tiler | undefined;
    const createTiler = (engineRuntime: OrtRuntime, tileSizePixels: number): ImageTiler => {
      runtime = engineRuntime;
      return (tiler = new Tiler(tileSizePixels, TILING_THREADS));
    };
    const engine = await model.load({ slotCount: SLOTS, createTiler });
    await startTilingThreads(tiler);
    await decodeAtEveryWidth(engine);
    const load = new MixedLoad();
    const run = async (requests: number): Promise<void> => {
      await load.run(engine, CLIENTS, (sent) => sent < requests);
      // An aborted call returns at once; its images may still be on their way through the tiler.
      await engine.generate(await ask(['0000.png'], 'What is it?'));
    };
    await run(WARM_UP_REQUESTS);
    const handlesBefore = runtime?.liveHandleCount;
    const bytesBefore = await externalBytes();
    await run(WARM_UP_REQUESTS + REQUESTS);
    expect(Math.min(...Object.values(load.outcomes))).toBeGreaterThan(REQUESTS / 16);
    await expect.poll(() => runtime?.liveHandleCount).toBe(handlesBefore);
    expect(await externalBytes()).toBeLessThan(bytesBefore + TOLERATED_BYTES);
    await engine.close();
    await expect.poll(() => runtime?.liveHandleCount).toBe(0);
  });
});
