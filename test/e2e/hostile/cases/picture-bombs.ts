import { deflateSync } from 'node:zlib';
import { type HostileCase } from '../hostile-case.js';
import { MAX_IMAGE_BYTES, MAX_IMAGE_PIXELS } from '../limits.js';
import { blackPng, pngChunk, pngHeader, pngOf, zeroData } from '../pictures/encode-png.js';
import { solidWebp } from '../pictures/encode-webp.js';
import { patched, plainPicture, samplePicture } from '../pictures/samples.js';
import { type Picture, sentBothWays } from '../pictures/sent-both-ways.js';

/** One pixel a side more than fits. */
const SIDE = Math.floor(Math.sqrt(MAX_IMAGE_PIXELS)) + 1;
const HUGE = 60_000;
const bytesOf = (value: number): number[] => [value >> 8, value & 0xff];

/** Where a format writes its size, found by the size of the sample. */
async function withSize(format: 'jpeg' | 'gif' | 'avif', value: number): Promise<Buffer> {
  const sample = await samplePicture(format);
  if (format === 'jpeg') {
    const frame = sample.indexOf(Buffer.from('ffc0', 'hex'));
    return patched(sample, frame + 5, ...bytesOf(value), ...bytesOf(value));
  }
  if (format === 'gif') return patched(sample, 6, value & 0xff, value >> 8, value & 0xff, value >> 8);
  const size = sample.indexOf('ispe') + 8;
  return patched(sample, size, 0, 0, ...bytesOf(value), 0, 0, ...bytesOf(value));
}

async function tiffOfSize(value: number): Promise<Buffer> {
  const sample = await samplePicture('tiff');
  const directory = sample.readUInt32LE(4);
  const copy = Buffer.from(sample);
  for (let entry = 0; entry < sample.readUInt16LE(directory); entry += 1) {
    const offset = directory + 2 + entry * 12;
    // ImageWidth and ImageLength, as 32 bits.
    if ([256, 257].includes(sample.readUInt16LE(offset))) {
      copy.writeUInt16LE(4, offset + 2);
      copy.writeUInt32LE(value, offset + 8);
    }
  }
  return copy;
}

/** Past the limit by what their headers say, whatever comes behind. */
const TOO_MANY_PIXELS: readonly (readonly [string, string, Picture])[] = [
  [
    'a PNG header of 60,000 x 60,000',
    `${HUGE} x ${HUGE}`,
    () => pngOf(pngHeader({ width: HUGE, height: HUGE }), zeroData(100)),
  ],
  ['a PNG of 20,000 x 20,000 in 50 kB', '20000 x 20000', () => blackPng(20_000, 20_000)],
  [
    'a PNG one pixel wide and too long',
    `1 x ${MAX_IMAGE_PIXELS + 1}`,
    () => pngOf(pngHeader({ width: 1, height: MAX_IMAGE_PIXELS + 1 }), zeroData(9)),
  ],
  ['a PNG just past the limit', `${SIDE} x ${SIDE}`, () => blackPng(SIDE, SIDE)],
  ['a WebP of 16,383 x 16,383 in 40 bytes', '16383 x 16383', () => solidWebp(16_383, 16_383)],
  ['a WebP just past the limit', `${SIDE} x ${SIDE}`, () => solidWebp(SIDE, SIDE)],
  ['a JPEG header of 60,000 x 60,000', `${HUGE} x ${HUGE}`, () => withSize('jpeg', HUGE)],
  ['a JPEG just past the limit', `${SIDE} x ${SIDE}`, () => plainPicture('jpeg', SIDE, SIDE)],
  ['a GIF just past the limit', `${SIDE} x ${SIDE}`, () => plainPicture('gif', SIDE, SIDE)],
  ['a TIFF header of 60,000 x 60,000', `${HUGE} x ${HUGE}`, () => tiffOfSize(HUGE)],
  ['a TIFF just past the limit', `${SIDE} x ${SIDE}`, () => plainPicture('tiff', SIDE, SIDE)],
  ['an AVIF header of 60,000 x 60,000', '', () => withSize('avif', HUGE)],
  ['an AVIF just past the limit', `${SIDE} x ${SIDE}`, () => plainPicture('avif', SIDE, SIDE)],
];

const GIGABYTE_OF_TEXT = (): Buffer => deflateSync(Buffer.alloc(100_000_000), { level: 9 });

/** Small pictures that carry something which unfolds to far more than the pixels. */
const EXTRAS: readonly (readonly [string, Picture])[] = [
  ['a PNG with 100 MB of compressed text', () => withChunk('zTXt', Buffer.from('Comment\0\0', 'latin1'))],
  ['a PNG with a colour profile of 100 MB', () => withChunk('iCCP', Buffer.from('icc\0\0', 'latin1'))],
];

function withChunk(type: string, head: Buffer): Buffer {
  const extra = pngChunk(type, Buffer.concat([head, GIGABYTE_OF_TEXT()]));
  return pngOf(pngHeader({ width: 8, height: 8 }), extra, zeroData(8 * 25));
}

export const pictureBombs: readonly HostileCase[] = [
  ...TOO_MANY_PIXELS.flatMap(([name, size, picture]) =>
    sentBothWays(name, picture, {
      status: 400,
      code: 'image_too_many_pixels',
      message: new RegExp(`${size}.* pixels; at most ${MAX_IMAGE_PIXELS} are allowed`),
    }),
  ),
  ...EXTRAS.flatMap(([name, picture]) => sentBothWays(name, picture, { status: 200 })),
  ...sentBothWays(
    'a PNG with image data for a picture a thousand times as large',
    () => pngOf(pngHeader({ width: 8, height: 8 }), zeroData(50_000_000)),
    { status: 200 },
  ),
  ...sentBothWays('a WebP just below the limit in 40 bytes', () => solidWebp(SIDE - 1, SIDE - 1), {
    status: 200,
  }),
  ...sentBothWays('more bytes than an image may have', () => Buffer.alloc(MAX_IMAGE_BYTES + 1), {
    status: 400,
    code: 'image_too_large',
    message: new RegExp(`at most ${MAX_IMAGE_BYTES} `),
  }),
];
