import { readFileSync } from 'node:fs';
import path from 'node:path';
import { findRepositoryRoot } from '@tessera/testing';
import sharp, { type Sharp } from 'sharp';
import { type HostileCase, isJob, type Reply } from '../hostile-case.js';
import { pngChunk } from '../pictures/encode-png.js';
import { solidWebp } from '../pictures/encode-webp.js';
import { patched, plainPicture, samplePicture } from '../pictures/samples.js';
import { type Picture, sentBothWays } from '../pictures/sent-both-ways.js';

const evaluation = path.join(findRepositoryRoot(), 'test', 'golden', 'evaluation');
const ASKED = JSON.parse(
  readFileSync(path.join(evaluation, 'questions.jsonl'), 'utf8').split('\n', 1)[0] ?? '',
) as { picture: string; width: number; height: number; question: string; reference: string };

export const GOOD_PICTURE = readFileSync(path.join(evaluation, 'pictures', ASKED.picture));
export const GOOD_QUESTION = ASKED.question;
export const GOOD_ANSWER = ASKED.reference;

const original = (): Sharp => sharp(GOOD_PICTURE);
const PLAIN = { width: 514, height: 344, channels: 3 as const, background: { r: 0, g: 0, b: 200 } };

/** The pixels turned so that reading them by `orientation` gives the original again. */
async function turned(orientation: number): Promise<Buffer> {
  // Orientations 5 to 8 swap the sides; 6 and 8 undo each other, every other one undoes itself.
  const inverse = orientation === 6 ? 8 : orientation === 8 ? 6 : orientation;
  const tagged = await original().withMetadata({ orientation: inverse }).png().toBuffer();
  const pixels = await sharp(tagged).autoOrient().png().toBuffer();
  return sharp(pixels).withMetadata({ orientation }).png().toBuffer();
}

async function animated(format: 'gif' | 'webp'): Promise<Buffer> {
  const frames = [GOOD_PICTURE, await sharp({ create: PLAIN }).png().toBuffer()];
  const animation = sharp(frames, { join: { animated: true } });
  return format === 'gif'
    ? animation.gif({ dither: 0 }).toBuffer()
    : animation.webp({ lossless: true }).toBuffer();
}

async function withPngChunk(type: string, data: string): Promise<Buffer> {
  const png = await original().png().toBuffer();
  return Buffer.concat([png.subarray(0, 33), pngChunk(type, Buffer.from(data, 'latin1')), png.subarray(33)]);
}

/** The same pixels every time: the answer is the reference's, to the letter. */
const SAME_PIXELS: readonly (readonly [string, Picture])[] = [
  ['as it is', () => GOOD_PICTURE],
  ['with an alpha channel', () => original().ensureAlpha().png().toBuffer()],
  ['half transparent', () => original().ensureAlpha(0.5).png().toBuffer()],
  ['of 16 bits a channel', () => original().toColourspace('rgb16').png().toBuffer()],
  ['interlaced', () => original().png({ progressive: true }).toBuffer()],
  ['as a lossless WebP', () => original().webp({ lossless: true }).toBuffer()],
  ['as a TIFF with LZW', () => original().tiff({ compression: 'lzw' }).toBuffer()],
  ['as a TIFF without compression', () => original().tiff({ compression: 'none' }).toBuffer()],
  ['as a tiled TIFF', () => original().tiff({ compression: 'deflate', tile: true }).toBuffer()],
  ['as a lossless AVIF', () => original().avif({ lossless: true, effort: 0 }).toBuffer()],
  ['as an animated WebP', () => animated('webp')],
  ...[1, 2, 3, 4, 5, 6, 7, 8].map((orientation): [string, Picture] => [
    `turned by EXIF orientation ${orientation}`,
    () => turned(orientation),
  ]),
  ['with a colour profile', () => original().withIccProfile('srgb').png().toBuffer()],
  ['with a ZIP behind its end', () => Buffer.concat([GOOD_PICTURE, Buffer.from('PK\x03\x04evil', 'latin1')])],
  [
    'with a web page behind its end',
    () => Buffer.concat([GOOD_PICTURE, Buffer.from('<script>alert(1)</script>')]),
  ],
  ['with a script in a comment', () => withPngChunk('tEXt', 'Comment\0<?php system($_GET[0]); ?>')],
  ['with a chunk nobody knows', () => withPngChunk('evIl', 'x'.repeat(1_000))],
  ['with broken EXIF', () => withPngChunk('eXIf', 'II*\0\xff\xff\xff\x7f')],
  ['with EXIF whose directory is endless', () => withPngChunk('eXIf', 'II*\0\x08\0\0\0\0\0\x08\0\0\0')],
];

const jpeg = (): Sharp => sharp({ create: { ...PLAIN, width: 300, height: 200 } });

/** Pictures in every other dress, of which only size and an answer are known. */
const OTHERS: readonly (readonly [string, Picture, readonly [number, number]])[] = [
  ['a JPEG', () => samplePicture('jpeg'), [160, 120]],
  ['a progressive JPEG', () => jpeg().jpeg({ progressive: true }).toBuffer(), [300, 200]],
  ['a grey JPEG', () => jpeg().greyscale().jpeg().toBuffer(), [300, 200]],
  ['a CMYK JPEG', () => jpeg().toColourspace('cmyk').jpeg().toBuffer(), [300, 200]],
  ['a CMYK TIFF', () => jpeg().toColourspace('cmyk').tiff({ compression: 'lzw' }).toBuffer(), [300, 200]],
  [
    'a JPEG with a ZIP behind its end',
    async () => Buffer.concat([await samplePicture('jpeg'), Buffer.from('PK\x05\x06')]),
    [160, 120],
  ],
  ['a palette PNG', () => original().png({ palette: true, colours: 8 }).toBuffer(), [514, 344]],
  [
    'a PNG of one bit',
    () => original().greyscale().threshold().png({ palette: true, colours: 2 }).toBuffer(),
    [514, 344],
  ],
  [
    'a grey PNG of 16 bits',
    () => original().greyscale().toColourspace('grey16').png().toBuffer(),
    [514, 344],
  ],
  ['a grey PNG with alpha', () => original().greyscale().ensureAlpha(0.3).png().toBuffer(), [514, 344]],
  ['a lossy WebP', () => samplePicture('webp'), [160, 120]],
  ['a WebP of one pixel', () => solidWebp(1, 1), [1, 1]],
  ['a GIF', () => samplePicture('gif'), [160, 120]],
  ['an animated GIF', () => animated('gif'), [514, 344]],
  [
    'a GIF that claims a screen of 60,000 x 60,000',
    async () => patched(await samplePicture('gif'), 6, 0x60, 0xea, 0x60, 0xea),
    [160, 120],
  ],
  ['a GIF without its end mark', async () => (await samplePicture('gif')).subarray(0, -1), [160, 120]],
  [
    'a TIFF of one bit',
    () => original().greyscale().threshold().tiff({ bitdepth: 1, compression: 'lzw' }).toBuffer(),
    [514, 344],
  ],
  [
    'an AVIF of 10 bits',
    () => sharp({ create: PLAIN }).avif({ bitdepth: 10, effort: 0 }).toBuffer(),
    [514, 344],
  ],
  ['a picture one pixel high', () => plainPicture('png', 20_000, 1), [20_000, 1]],
  ['a picture one pixel wide', () => plainPicture('png', 1, 20_000), [1, 20_000]],
  ['a picture of one pixel', () => plainPicture('png', 1, 1), [1, 1]],
];

function hasSize(width: number, height: number) {
  return ({ body }: Reply): void => {
    const tiles = isJob(body) ? body.tiles : null;
    if (tiles?.[0]?.width !== width || tiles[0].height !== height) {
      throw new Error(`the picture should have ${width} x ${height} pixels: ${JSON.stringify(tiles)}`);
    }
  };
}

export const goodPictures: readonly HostileCase[] = [
  ...SAME_PIXELS.flatMap(([name, picture]) =>
    sentBothWays(
      `a picture ${name}`,
      picture,
      { status: 200, text: GOOD_ANSWER, check: hasSize(ASKED.width, ASKED.height) },
      GOOD_QUESTION,
    ),
  ),
  ...OTHERS.flatMap(([name, picture, [width, height]]) =>
    sentBothWays(name, picture, { status: 200, check: hasSize(width, height) }),
  ),
];
