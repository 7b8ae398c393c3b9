import { gzipSync } from 'node:zlib';
import { type HostileCase } from '../hostile-case.js';
import { pngChunk, pngHeader, pngOf, zeroData } from '../pictures/encode-png.js';
import { patched, SAMPLE_FORMATS, samplePicture } from '../pictures/samples.js';
import { type Picture, sentBothWays } from '../pictures/sent-both-ways.js';

const text =
  (content: string): Picture =>
  () =>
    Buffer.from(content, 'latin1');
const hex =
  (digits: string): Picture =>
  () =>
    Buffer.from(digits.replaceAll(' ', ''), 'hex');
const padded =
  (head: string): Picture =>
  () =>
    Buffer.concat([Buffer.from(head, 'latin1'), Buffer.alloc(2_000)]);

const SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>';
const NESTED_ENTITIES = `<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa">${Array.from(
  { length: 12 },
  (_, level) => `<!ENTITY b${level} "${`&${level === 0 ? 'a' : `b${level - 1}`};`.repeat(10)}">`,
).join('')}]><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text>&b11;</text></svg>`;

/** Not one byte of these is taken for a picture. */
const NO_PICTURES: readonly (readonly [string, Picture])[] = [
  ['no bytes', text('')],
  ['one byte', text('a')],
  ['zero bytes only', () => Buffer.alloc(10_000)],
  ['text', text('This is a text file, whatever its name says.')],
  ['a web page', text('<!doctype html><html><body>Please log in</body></html>')],
  ['JSON', text('{"image":"none"}')],
  ['XML', text('<?xml version="1.0"?><a/>')],
  ['an SVG', text(SVG)],
  ['an SVG behind a byte order mark and blanks', text(`\xef\xbb\xbf  \n${SVG}`)],
  ['an SVG that includes a file', text(SVG.replace('<rect', '<image href="file:///etc/passwd"/><rect'))],
  ['an SVG of 60,000 x 60,000', text(SVG.replaceAll('"9"', '"60000"'))],
  ['an SVG whose entities unfold to gigabytes', text(NESTED_ENTITIES)],
  ['a compressed SVG', () => gzipSync(SVG)],
  ['a PDF', text('%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF')],
  ['PostScript', text('%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage')],
  ['a PPM', text('P6 1 1 255\nabc')],
  ['an XPM', text('/* XPM */ static char *x[] = {"1 1 1 1","a c #000","a"};')],
  ['a BMP', padded('BM\x8a\x00\x00\x00\x00\x00\x00\x00\x8a\x00\x00\x00')],
  ['an icon', padded('\x00\x00\x01\x00\x01\x00')],
  ['a Photoshop file', padded('8BPS\x00\x01')],
  ['a JPEG XL', padded('\xff\x0a')],
  ['a JPEG 2000', padded('\x00\x00\x00\x0cjP  \r\n\x87\n')],
  ['a FITS file', padded('SIMPLE  =                    T')],
  ['an OpenEXR file', padded('v/1\x01')],
  ['a Radiance file', padded('#?RADIANCE\n')],
  ['an HEIC header', padded('\x00\x00\x00\x18ftypheic\x00\x00\x00\x00heicmif1')],
  ['an MP4', padded('\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp42')],
  ['a ZIP', padded('PK\x03\x04')],
  ['a program', padded('\x7fELF\x02\x01\x01')],
  ['a Windows program', padded('MZ\x90\x00')],
  ['a script', text('#!/bin/sh\nrm -rf /\n')],
  ['a WAV', padded('RIFF\x24\x00\x00\x00WAVEfmt ')],
  ['the signature of a PNG alone', text('\x89PNG\r\n\x1a\n')],
  ['a PNG damaged by text mode', () => Buffer.from('\x89PNG\n\x1a\n', 'latin1')],
  ['the start of a JPEG alone', hex('ffd8ff')],
  ['a JPEG without a picture', hex('ffd8ffd9')],
  ['the signature of a GIF alone', text('GIF89a')],
  ['the header of a WebP alone', text('RIFF\x04\x00\x00\x00WEBP')],
  ['the header of a TIFF alone', hex('49492a00')],
  ['a TIFF whose directory is its own header', hex('49492a0000000000')],
  ['a TIFF whose directory is beyond its end', hex('49492a00ffffff7f')],
  ['the brand of an AVIF alone', text('\x00\x00\x00\x14ftypavif\x00\x00\x00\x00avif')],
  ['PNG inside a base64 text', text('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ')],
];

/** Their headers promise a picture, of which something is missing or wrong. */
const DAMAGED: readonly (readonly [string, Picture])[] = [
  ['a PNG without image data', () => pngOf(pngHeader({ width: 64, height: 64 }))],
  ['a PNG of no width', () => pngOf(pngHeader({ width: 0, height: 64 }), zeroData(64))],
  ['a PNG with too little image data', () => pngOf(pngHeader({ width: 64, height: 64 }), zeroData(100))],
  [
    'a PNG with a palette that is missing',
    () => pngOf(pngHeader({ width: 8, height: 8, colourType: 3 }), zeroData(72)),
  ],
  [
    'a PNG of a colour type that does not exist',
    () => pngOf(pngHeader({ width: 8, height: 8, colourType: 5 }), zeroData(72)),
  ],
  [
    'a PNG of a bit depth that does not exist',
    () => pngOf(pngHeader({ width: 8, height: 8, bitDepth: 7 }), zeroData(72)),
  ],
  [
    'a PNG whose image data is not compressed',
    () => pngOf(pngHeader({ width: 8, height: 8 }), pngChunk('IDAT', Buffer.alloc(200, 7))),
  ],
  [
    'a PNG with a chunk of 4 GB',
    () => pngOf(pngHeader({ width: 8, height: 8 }), Buffer.from('ffffffff49444154', 'hex')),
  ],
  ['a PNG whose header has a wrong checksum', async () => patched(await samplePicture('png'), 20, 0, 0, 1)],
  ['a JPEG without its end mark', async () => (await samplePicture('jpeg')).subarray(0, -2)],
  ['a WebP whose size says nothing', async () => patched(await samplePicture('webp'), 4, 0, 0, 0, 0)],
];

const TRUNCATED = SAMPLE_FORMATS.flatMap((format) =>
  [0.05, 0.5, 0.95].map((share): [string, Picture] => [
    `a ${format} cut off at ${share * 100} %`,
    async () => {
      const whole = await samplePicture(format);
      return whole.subarray(0, Math.floor(whole.length * share));
    },
  ]),
);

export const badPictures: readonly HostileCase[] = [...NO_PICTURES, ...DAMAGED, ...TRUNCATED].flatMap(
  ([name, picture]) =>
    sentBothWays(name, picture, {
      status: 400,
      code: 'image_unreadable',
      message: /the image cannot be read: /,
    }),
);
