import sharp, { type Sharp } from 'sharp';

const WIDTH = 160;
const HEIGHT = 120;

/** A picture that no compression makes trivial: cut off anywhere, something of it is missing. */
const NOISE = Uint8Array.from(
  { length: WIDTH * HEIGHT * 3 },
  (_, index) => (index * 7919 + (index >> 3) * 31) % 251,
);

export const SAMPLE_FORMATS = ['png', 'jpeg', 'webp', 'gif', 'tiff', 'avif'] as const;
export type SampleFormat = (typeof SAMPLE_FORMATS)[number];

/** The same noise in each format that is read. */
export function samplePicture(format: SampleFormat): Promise<Buffer> {
  return encode(sharp(NOISE, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } }), format);
}

/** A picture of one colour: little on the wire whatever its size. */
export function plainPicture(format: SampleFormat, width: number, height: number): Promise<Buffer> {
  const background = { r: 200, g: 10, b: 20 };
  return encode(sharp({ create: { width, height, channels: 3, background } }), format);
}

function encode(picture: Sharp, format: SampleFormat): Promise<Buffer> {
  if (format === 'tiff') return picture.tiff({ compression: 'deflate' }).toBuffer();
  if (format === 'avif') return picture.avif({ effort: 0 }).toBuffer();
  return picture.toFormat(format).toBuffer();
}

/** The bytes with some of them written over. */
export function patched(bytes: Uint8Array, offset: number, ...values: readonly number[]): Buffer {
  const copy = Buffer.from(bytes);
  copy.set(values, offset);
  return copy;
}
