import { createHash } from 'node:crypto';
import { readImageFile } from '../images/read-image-file.js';
import { type ImageFile } from './walk-images.js';

/** The bytes of an image and their SHA-256, in hexadecimal digits. */
export async function loadImageFile(
  { path }: ImageFile,
  maxBytes: number,
): Promise<{ bytes: Uint8Array; sha256: string }> {
  const bytes = await readImageFile(path, maxBytes);
  return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}
