import { readFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';

export interface Picture {
  readonly name: string;
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly maxTiles: number;
}

const golden = path.join(import.meta.dirname, '..', '..', '..', 'test', 'golden');

/** A photograph-sized JPEG at the model's usual and largest number of tiles, upright and lying, and a small PNG. */
export async function makePictures(): Promise<Picture[]> {
  const source = await readFile(path.join(golden, 'images', 'hd.png'));
  const jpeg = (width: number, height: number): Promise<Uint8Array> =>
    sharp(source).resize(width, height, { fit: 'fill' }).jpeg({ quality: 90 }).toBuffer();
  const landscape = await jpeg(1920, 1080);
  return [
    { name: 'JPEG 1920 x 1080, 12 tiles', file: 'landscape.jpg', bytes: landscape, maxTiles: 12 },
    { name: 'JPEG 1920 x 1080, 40 tiles', file: 'landscape.jpg', bytes: landscape, maxTiles: 40 },
    { name: 'JPEG 1080 x 1920, 12 tiles', file: 'portrait.jpg', bytes: await jpeg(1080, 1920), maxTiles: 12 },
    {
      name: 'PNG 60 x 50, 12 tiles',
      file: 'small.png',
      bytes: await readFile(path.join(golden, 'images', 'small.png')),
      maxTiles: 12,
    },
  ];
}
