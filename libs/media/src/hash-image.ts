import { webcrypto } from 'node:crypto';

/** SHA-256 of an image's bytes, in hexadecimal. Computed on another thread: images can be large. */
export async function hashImage(bytes: Uint8Array): Promise<string> {
  const digest = await webcrypto.subtle.digest('SHA-256', bytes);
  return Buffer.from(digest).toString('hex');
}
