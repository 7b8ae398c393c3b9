import { crc32, deflateSync } from 'node:zlib';
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

  it('cuts 16-bit colours to their upper 8 bits', async () => {
    const png = encodePng16(Uint8Array.of(0x00, 0xff, 0x12, 0xff, 0x80, 0x00));
    expect((await sharp(png).metadata()).depth).toBe('ushort');
    expect(Array.from(await decodeImage(png, limits))).toEqual([0x00, 0x12, 0x80]);
  });

  it('looks palette colours up, transparent ones too', async () => {
    const raw = Buffer.from([255, 0, 0, 255, 0, 0, 255, 255, 0, 255, 0, 128, 255, 0, 0, 255]);
    const png = await sharp(raw, { raw: { width: 4, height: 1, channels: 4 } })
      .png({ palette: true, dither: 0 })
      .toBuffer();
    expect((await sharp(png).metadata()).isPalette).toBe(true);
    expect(Array.from(await decodeImage(png, limits))).toEqual([255, 0, 0, 0, 0, 255, 0, 255, 0, 255, 0, 0]);
  });

  it('mixes CMYK as Pillow does, whatever profile it carries', async () => {
    const image = sharp({ create: { ...red, width: 16, height: 16 } });
    const plain = await image.clone().toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer();
    expect((await sharp(plain).metadata()).space).toBe('cmyk');
    // In the files are 0, 253, 255, 31 and 0, 240, 231, 34; their profile would make both 200, 10, 20.
    expect(Array.from(await decodeImage(plain, limits))).toEqual(Array(256).fill([224, 2, 0]).flat());
    const profiled = await image.clone().toColourspace('cmyk').withIccProfile('cmyk').tiff().toBuffer();
    expect(await sharp(profiled).metadata()).toMatchObject({ space: 'cmyk', hasProfile: true });
    expect(Array.from((await decodeImage(profiled, limits)).subarray(0, 3))).toEqual([221, 13, 21]);
  });

  it('turns CMYK upright too', async () => {
    const rotated = await sharp({ create: red }).jpeg().withMetadata({ orientation: 6 }).toBuffer();
    const cmyk = await sharp(rotated).keepExif().toColourspace('cmyk').jpeg().toBuffer();
    expect(await sharp(cmyk).metadata()).toMatchObject({ space: 'cmyk', orientation: 6, width: 4 });
    expect(await probeImage(cmyk, limits)).toMatchObject({ width: 2, height: 4 });
    expect(await decodeImage(cmyk, limits)).toHaveLength(2 * 4 * 3);
  });

  it('gives the first frame of an animation and the first page of a document', async () => {
    const frames = await Promise.all(
      [red.background, { r: 0, g: 0, b: 255 }].map((background) =>
        sharp({ create: { width: 3, height: 2, channels: 3, background } })
          .png()
          .toBuffer(),
      ),
    );
    const animation = sharp(frames, { join: { animated: true } });
    const encoded = [
      await animation.clone().gif().toBuffer(),
      await animation.clone().webp({ lossless: true }).toBuffer(),
      await animation.clone().tiff().toBuffer(),
    ];
    for (const bytes of encoded) {
      expect((await sharp(bytes).metadata()).pages).toBe(2);
      expect(await probeImage(bytes, limits)).toMatchObject({ width: 3, height: 2 });
      expect(Array.from(await decodeImage(bytes, limits))).toEqual(
        Array.from({ length: 6 }, () => [200, 10, 20]).flat(),
      );
    }
  });

  it('reads AVIF', async () => {
    const avif = await sharp({ create: { ...red, width: 64, height: 32 } })
      .avif({ lossless: true })
      .toBuffer();
    expect(await probeImage(avif, limits)).toEqual({ format: 'heif', width: 64, height: 32 });
    expect(Array.from((await decodeImage(avif, limits)).subarray(0, 3))).toEqual([200, 10, 20]);
  });

  it('goes by the pixels of a GIF whose header claims a smaller picture', async () => {
    const gif = await sharp({ create: { ...red, width: 2000, height: 1000 } })
      .gif()
      .toBuffer();
    gif.writeUInt16LE(2, 6);
    gif.writeUInt16LE(3, 8);
    for (const read of [probeImage, decodeImage]) {
      await expect(read(gif, limits)).rejects.toMatchObject({ code: 'image_too_many_pixels', width: 2000 });
    }
  });

  it('refuses a PNG whose header claims a smaller picture', async () => {
    const png = await sharp({ create: { ...red, width: 2000, height: 1000 } })
      .png()
      .toBuffer();
    png.writeUInt32BE(2, 16);
    await expect(decodeImage(png, limits)).rejects.toMatchObject({ code: 'image_unreadable' });
  });

  it('leaves no cache behind, and takes one thread an image', async () => {
    const png = await sharp({ create: { ...red, width: 500, height: 500 } })
      .png()
      .toBuffer();
    await decodeImage(png, limits);
    expect(sharp.cache()).toMatchObject({ memory: { max: 0 }, items: { current: 0, max: 0 } });
    expect(sharp.concurrency()).toBe(1);
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
    ['a PDF', Buffer.from('%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>')],
    ['a PPM', Buffer.from('P6 1 1 255\nabc')],
  ])('refuses %s', async (_, bytes) => {
    await expect(probeImage(bytes, limits)).rejects.toMatchObject({ code: 'image_unreadable' });
  });

  it('does not even parse an SVG', async () => {
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
    await expect(sharp(svg).metadata()).rejects.toThrow('unsupported image format');
  });

  it('names limit and size of an image with too many pixels', async () => {
    const png = await sharp({ create: { ...red, width: 2000, height: 1000 } })
      .png()
      .toBuffer();
    await expect(probeImage(png, limits)).rejects.toThrow('2000 x 1000 = 2000000 pixels; at most 1000000');
  });
});

/** A PNG of one pixel: red, green and blue in two bytes each. */
function encodePng16(samples: Uint8Array): Buffer {
  const chunk = (type: string, data: Uint8Array) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    checksum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, checksum]);
  };
  const header = Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 1, 16, 2, 0, 0, 0);
  const pixels = deflateSync(Buffer.concat([Uint8Array.of(0), samples]));
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', pixels),
    chunk('IEND', new Uint8Array()),
  ]);
}
