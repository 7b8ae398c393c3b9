import { describe, expect, it } from 'vitest';
import { convertCmykToRgb } from './cmyk.js';

describe('convertCmykToRgb', () => {
  it.each([
    ['paper', [0, 0, 0, 0], [255, 255, 255]],
    ['black ink', [0, 0, 0, 255], [0, 0, 0]],
    ['all inks', [255, 255, 255, 255], [0, 0, 0]],
    ['cyan', [255, 0, 0, 0], [0, 255, 255]],
    // Values of Pillow 13.
    ['a red', [0, 253, 255, 31], [224, 2, 0]],
    ['nearly black', [63, 14, 139, 244], [8, 10, 5]],
  ])('mixes %s', (_, cmyk, rgb) => {
    expect([...convertCmykToRgb(Uint8Array.from(cmyk))]).toEqual(rgb);
  });

  it('takes the pixels in order', () => {
    expect([...convertCmykToRgb(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 255))]).toEqual([255, 255, 255, 0, 0, 0]);
  });
});
