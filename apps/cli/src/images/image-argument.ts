import { type Config } from '@tessera/config';
import { collectBytes } from './collect-bytes.js';
import { readImageFile } from './read-image-file.js';

/** An IMAGE as the command line names it. */
export type ImageArgument = { kind: 'file'; path: string } | { kind: 'url'; url: string } | { kind: 'stdin' };

const URL_SCHEME = /^https?:\/\//i;

/** A path, an http or https URL, or `-` for standard input. */
export function parseImageArgument(text: string): ImageArgument {
  if (text === '-') return { kind: 'stdin' };
  return URL_SCHEME.test(text) ? { kind: 'url', url: text } : { kind: 'file', path: text };
}

/** The bytes of an IMAGE, not decoded. @throws {TesseraError} one of the `image_*` codes */
export async function readImageArgument(image: ImageArgument, limits: Config['images']): Promise<Uint8Array> {
  const { maxBytes, fetchTimeoutMs: timeoutMs } = limits;
  switch (image.kind) {
    case 'file':
      return readImageFile(image.path, maxBytes);
    case 'url': {
      const { fetchImage } = await import('./fetch-image.js');
      return fetchImage(image.url, { maxBytes, timeoutMs });
    }
    case 'stdin':
      return collectBytes(process.stdin, { source: 'standard input', maxBytes });
  }
}

/** What messages call this IMAGE. */
export function nameOf(image: ImageArgument): string {
  switch (image.kind) {
    case 'file':
      return image.path;
    case 'url':
      return image.url;
    case 'stdin':
      return 'standard input';
  }
}
