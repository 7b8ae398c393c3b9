import { posix } from 'node:path';
import type { SourceRecord } from '../source.js';

/** File name of a record's image, without its extension. */
export function imageName(record: SourceRecord): string {
  const base = posix.basename(pathOf(record));
  return base.slice(0, base.length - posix.extname(base).length);
}

/** Name of the folder that a record's image is in; undefined where it is in none. */
export function imageFolder(record: SourceRecord): string | undefined {
  const folder = posix.basename(posix.dirname(pathOf(record)));
  return folder === '' || folder === '.' ? undefined : folder;
}

function pathOf({ image, path, key }: SourceRecord): string {
  switch (image.kind) {
    case 'file':
      return image.path;
    case 's3':
      return `${image.bucket}/${image.key}`;
    case 'url':
      return pathOfUrl(image.url);
    case 'part':
    case 'bytes':
    case 'missing':
      return path === '' ? key : path;
  }
}

function pathOfUrl(url: string): string {
  const { pathname = url } = URL.canParse(url) ? new URL(url) : {};
  try {
    return decodeURIComponent(pathname);
  } catch {
    // Not everybody encodes as the standard says: as it stands, then.
    return pathname;
  }
}
