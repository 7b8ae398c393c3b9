import { dirname, posix, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FilePlace, SourceRecord } from '../../source.js';
import { missingImage } from '../missing-image.js';

const S3_URL = /^s3:\/\/([^/]+)\/(.+)$/is;
const WEB_URL = /^https?:\/\//i;
const FILE_URL = /^file:\/\//i;
const SCHEME = /^([a-z][a-z0-9+.-]*):\/\//i;

interface ListContext {
  readonly list: FilePlace;
  readonly allowLocalFiles: boolean;
}

/** The image that a path or URL in a list names. A path begins at the folder of the list. */
export function imageReference(text: string, context: ListContext): SourceRecord['image'] {
  if (WEB_URL.test(text)) return { kind: 'url', url: text };
  const [, bucket, key] = S3_URL.exec(text) ?? [];
  if (bucket !== undefined && key !== undefined) return { kind: 's3', bucket, key };
  const [, scheme] = SCHEME.exec(text) ?? [];
  if (scheme === undefined || FILE_URL.test(text)) return fileReference(text, context);
  return missingImage(
    'image_url_invalid',
    `${text} has the scheme ${scheme}; images are files, s3:, http: or https:`,
  );
}

function fileReference(text: string, { list, allowLocalFiles }: ListContext): SourceRecord['image'] {
  const isFileUrl = FILE_URL.test(text);
  if (list.kind === 's3' && !isFileUrl && !posix.isAbsolute(text)) return besideObject(text, list);
  if (!allowLocalFiles) return missingImage('url_not_allowed', `${text} is a file of the machine itself`);
  return isFileUrl ? fileOfUrl(text) : besideFile(text, list);
}

function besideObject(
  text: string,
  { bucket, key }: Extract<FilePlace, { kind: 's3' }>,
): SourceRecord['image'] {
  const joined = posix.join(posix.dirname(key), text);
  if (!joined.startsWith('../')) return { kind: 's3', bucket, key: joined };
  return missingImage('image_url_invalid', `${text} leads out of the bucket ${bucket}`);
}

function besideFile(text: string, list: FilePlace): FilePlace {
  return { kind: 'file', path: list.kind === 'file' ? resolve(dirname(list.path), text) : text };
}

function fileOfUrl(text: string): SourceRecord['image'] {
  try {
    return { kind: 'file', path: fileURLToPath(text) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return missingImage('image_url_invalid', `${text} names no file: ${reason}`);
  }
}
