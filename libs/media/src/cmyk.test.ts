import { describe, expect, it } from 'vitest';
import { convertCmykToRgb, PIXELS_PER_SLICE } from './cmyk.js';

describe('convertCmykToRgb', () => {
  it.each([
    ['paper', [0, 0, 0, 0], [255, 255, 255]],
    ['black ink', [0, 0, 0, 255], [0, 0, 0]],
    ['all inks', [255, 255, 255, 255], [0, 0, 0]],
    ['cyan', [255, 0, 0, 0], [0, 255, 255]],
    // Values of Pillow 13.
    ['a red', [0, 253, 255, 31], [224, 2, 0]],
    ['nearly black', [63, 14, 139, 244], [8, 10, 5]],
  ])('mixes %s', async (_, cmyk, rgb) => {
    expect([...(await convertCmykToRgb(Uint8Array.from(cmyk)))]).toEqual(rgb);
  });

  it('takes the pixels in order', async () => {
    expect([...(await convertCmykToRgb(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 255)))]).toEqual([
      255, 255, 255, 0, 0, 0,
    ]);
  });

  it('lets the event loop turn after every slice, and gives what one slice would', async () => {
    const slices = 8;
    const cmyk = Uint8Array.from({ length: slices * PIXELS_PER_SLICE * 4 }, (_, index) => (index * 31) % 251);
    let turns = 0;
    let counting: NodeJS.Immediate;
    const count = (): void => {
      turns += 1;
      counting = setImmediate(count);
    };
    counting = setImmediate(count);
    const rgb = await convertCmykToRgb(cmyk);
    clearImmediate(counting);
    expect(turns).toBeGreaterThanOrEqual(slices - 1);
    for (const pixel of [PIXELS_PER_SLICE - 1, PIXELS_PER_SLICE, slices * PIXELS_PER_SLICE - 1]) {
      const alone = await convertCmykToRgb(cmyk.subarray(pixel * 4, pixel * 4 + 4));
      expect([...rgb.subarray(pixel * 3, pixel * 3 + 3)]).toEqual([...alone]);
    }
  });
});
