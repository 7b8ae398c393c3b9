import { posix } from 'node:path';
import { IMAGE_EXTENSIONS } from '../sources/forms.js';

const SIGNATURES: readonly (readonly [extension: string, offset: number, signature: string])[] = [
  ['.jpg', 0, '\xff\xd8\xff'],
  ['.png', 0, '\x89PNG'],
  ['.gif', 0, 'GIF8'],
  ['.webp', 8, 'WEBP'],
  ['.avif', 4, 'ftypavif'],
  ['.heic', 4, 'ftyphei'],
  ['.tif', 0, 'II*\0'],
  ['.tif', 0, 'MM\0*'],
];
const BEGINNING_BYTES = 16;

/** The extension of an image: that of its path, else by its first bytes. */
export function imageExtension(path: string, bytes: Uint8Array): string {
  const { pathname = path } = URL.canParse(path) ? new URL(path) : {};
  const ofPath = posix.extname(pathname).toLowerCase();
  if (IMAGE_EXTENSIONS.includes(ofPath)) return ofPath;
  const beginning = Buffer.from(bytes.subarray(0, BEGINNING_BYTES)).toString('latin1');
  const known = SIGNATURES.find(([, offset, signature]) => beginning.startsWith(signature, offset));
  return known?.[0] ?? '.bin';
}
