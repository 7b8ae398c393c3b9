import { type OrtRuntime, type Tensor } from '@tessera/ort';
import { type ImageTiler, type TilePlan } from '@tessera/preprocessing';
import { type GenerationImage } from './generation.js';
import { rejectOnAbort } from './reject-on-abort.js';
import { type Watchdog } from './watchdog.js';

export interface TilingRequest {
  readonly images: readonly GenerationImage[];
  readonly plans: readonly TilePlan[];
  /** Each ends the work, even while an image that never comes is awaited. */
  readonly signals: readonly (AbortSignal | undefined)[];
  readonly watchdog: Watchdog;
}

/**
 * Tiles of all images, one after the other.
 * One image is decoded at a time, so that a request with many large images holds one of them.
 * @returns uint8 [tiles, 3, size, size]
 */
export async function tileImages(
  runtime: OrtRuntime,
  tiler: ImageTiler,
  { images, plans, signals, watchdog }: TilingRequest,
): Promise<Tensor<'uint8'>> {
  const size = tiler.tileSizePixels;
  const total = plans.reduce((sum, plan) => sum + plan.tileCount, 0);
  const all = runtime.allocate('uint8', [total, 3, size, size]);
  try {
    let done = 0;
    for (const [index, plan] of plans.entries()) {
      const image = images[index] as GenerationImage;
      const pixels = await rejectOnAbort(image.decode(), signals);
      const tiles = all.rows(done, plan.tileCount);
      try {
        await watchdog.guard(() => tiler.tile(pixels, plan, tiles), new AbortController());
      } finally {
        tiles.dispose();
      }
      for (const signal of signals) signal?.throwIfAborted();
      done += plan.tileCount;
    }
    return all;
  } catch (error) {
    all.dispose();
    throw error;
  }
}
