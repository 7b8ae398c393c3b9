import { type OrtRuntime, type Tensor } from '@tessera/ort';
import { type ImageTiler, type TilePlan } from '@tessera/preprocessing';
import { type GenerationImage } from './generation.js';
import { rejectOnAbort } from './reject-on-abort.js';
import { type Watchdog } from './watchdog.js';

export interface Tiling {
  readonly runtime: OrtRuntime;
  readonly tiler: ImageTiler;
  readonly watchdog: Watchdog;
  /** Each ends the work, even while an image that never comes is awaited. */
  readonly signals: readonly (AbortSignal | undefined)[];
}

/**
 * Decodes an image and cuts it into tiles.
 * @returns uint8 [tiles, 3, size, size]
 */
export async function tileImage(
  { runtime, tiler, watchdog, signals }: Tiling,
  image: GenerationImage,
  plan: TilePlan,
): Promise<Tensor<'uint8'>> {
  const size = tiler.tileSizePixels;
  const pixels = await rejectOnAbort(image.decode(), signals);
  const late = new AbortController();
  const signal = AbortSignal.any([late.signal, ...signals.filter((one) => one !== undefined)]);
  const tiles = await watchdog.guard(() => tiler.tile(pixels, plan, signal), late);
  for (const one of signals) one?.throwIfAborted();
  return runtime.tensorOver('uint8', [plan.tileCount, 3, size, size], tiles);
}
