import { setImmediate as nextTurn } from 'node:timers/promises';

/** Pixels that are mixed at one go: a few milliseconds, after which the event loop gets a turn. */
export const PIXELS_PER_SLICE = 100_000;

/**
 * RGB bytes of CMYK bytes, to the last bit as Pillow's `convert('RGB')` mixes them: paper times what each ink leaves.
 * Works in slices, so that a large image does not hold up the event loop.
 * @param cmyk 0 is no ink
 */
export async function convertCmykToRgb(cmyk: Uint8Array): Promise<Uint8Array> {
  const pixelCount = cmyk.length / 4;
  const rgb = new Uint8Array(pixelCount * 3);
  for (let start = 0; start < pixelCount; start += PIXELS_PER_SLICE) {
    if (start > 0) await nextTurn();
    mixPixels(cmyk, rgb, start, Math.min(start + PIXELS_PER_SLICE, pixelCount));
  }
  return rgb;
}

function mixPixels(cmyk: Uint8Array, rgb: Uint8Array, start: number, end: number): void {
  for (let pixel = start; pixel < end; pixel += 1) {
    const light = 255 - byteAt(cmyk, pixel * 4 + 3);
    for (let channel = 0; channel < 3; channel += 1) {
      rgb[pixel * 3 + channel] = light - multiplyBytes(byteAt(cmyk, pixel * 4 + channel), light);
    }
  }
}

/** a x b / 255, rounded. */
function multiplyBytes(a: number, b: number): number {
  const product = a * b + 128;
  return ((product >> 8) + product) >> 8;
}

function byteAt(bytes: Uint8Array, index: number): number {
  const byte = bytes[index];
  if (byte === undefined) throw new RangeError(`there is no byte ${index} among ${bytes.length}`);
  return byte;
}
