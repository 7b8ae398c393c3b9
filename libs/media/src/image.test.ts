import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeImage, probeImage } from './image.js';

const limits = { maxPixels: 1_000_000 };
const red = { width: 4, height: 2, channels: 3 as const, background: { r: 200, g: 10, b: 20 } };

describe('decodeImage', () => {
  it('gives RGB bytes, row by row', async () => {
    const png = await sharp({ create: red }).png().toBuffer();
    const pixels = await decodeImage(png, limits);
    expect(Array.from(pixels)).toEqual(Array.from({ length: 8 }, () => [200, 10, 20]).flat());
  });

  it('drops alpha without compositing', async () => {
    const background = { r: 200, g: 10, b: 20, alpha: 0.2 };
    const png = await sharp({ create: { width: 1, height: 1, channels: 4, background } })
      .png()
      .toBuffer();
    expect(Array.from(await decodeImage(png, limits))).toEqual([200, 10, 20]);
  });

  it('replicates grey and reduces 16 bits to 8', async () => {
    const raw = Uint16Array.of(0xffff, 0x8000);
    const png = await sharp(raw, { raw: { width: 2, height: 1, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toBuffer();
    const pixels = await decodeImage(png, limits);
    expect(Array.from(pixels.slice(0, 3))).toEqual([255, 255, 255]);
    expect(new Set(pixels.slice(3)).size).toBe(1);
  });

  it('turns an image upright by its EXIF orientation', async () => {
    const jpeg = await sharp({ create: red }).jpeg().withMetadata({ orientation: 6 }).toBuffer();
    expect(await probeImage(jpeg, limits)).toEqual({ format: 'jpeg', width: 2, height: 4 });
    expect(await decodeImage(jpeg, limits)).toHaveLength(2 * 4 * 3);
  });

  it('refuses a truncated image', async () => {
    const noise = Buffer.from(Array.from({ length: 64 * 64 * 3 }, (_, index) => (index * 7919) % 256));
    const png = await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
      .png()
      .toBuffer();
    await expect(decodeImage(png.subarray(0, png.length / 2), limits)).rejects.toMatchObject({
      code: 'image_unreadable',
    });
  });
});

describe('probeImage', () => {
  it.each([
    ['no bytes', Buffer.alloc(0)],
    ['text', Buffer.from('hello')],
    ['an SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')],
  ])('refuses %s', async (_, bytes) => {
    await expect(probeImage(bytes, limits)).rejects.toMatchObject({ code: 'image_unreadable' });
  });

  it('names limit and size of an image with too many pixels', async () => {
    const png = await sharp({ create: { ...red, width: 2000, height: 1000 } })
      .png()
      .toBuffer();
    await expect(probeImage(png, limits)).rejects.toThrow('2000 x 1000 = 2000000 pixels; at most 1000000');
  });
});
