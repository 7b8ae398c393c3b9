import { posix } from 'node:path';
import type { SourceForm } from '@tessera/contracts';

/** Files that are taken for images by their name. */
export const IMAGE_EXTENSIONS = [
  '.jpg',
  '.jpeg',
  '.png',
  '.webp',
  '.gif',
  '.tif',
  '.tiff',
  '.avif',
  '.heic',
  '.heif',
];

const FORMS_BY_EXTENSION: Readonly<Record<string, SourceForm>> = {
  ...Object.fromEntries(IMAGE_EXTENSIONS.map((extension) => [extension, 'images' as const])),
  '.tar': 'webdataset',
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.csv': 'csv',
  '.tsv': 'tsv',
  '.txt': 'text',
  '.parquet': 'parquet',
};
const METADATA_NAME = /^metadata\.(jsonl|csv|parquet)$/;
const ZIPPED_FORMS: readonly (SourceForm | undefined)[] = ['jsonl', 'csv', 'tsv', 'text'];

/** Form of a file by its name; undefined where that tells nothing. */
export function formOfName(name: string): SourceForm | undefined {
  const form = FORMS_BY_EXTENSION[posix.extname(withoutGz(name)).toLowerCase()];
  return isZipped(name) && !ZIPPED_FORMS.includes(form) ? undefined : form;
}

/** Whether a file below a folder is a part of a dataset of this form. */
export function isOfForm(name: string, form: SourceForm): boolean {
  return form === 'imagefolder' ? isMetadataName(name) : formOfName(name) === form;
}

/** Whether a file makes its folder an ImageFolder. */
export function isMetadataName(name: string): boolean {
  return METADATA_NAME.test(posix.basename(name));
}

export function isZipped(name: string): boolean {
  return /\.gz$/i.test(name);
}

/** Without `.gz` and the extension before it. */
export function stemOf(name: string): string {
  const plain = withoutGz(name);
  return plain.slice(0, plain.length - posix.extname(plain).length);
}

function withoutGz(name: string): string {
  return isZipped(name) ? name.slice(0, -'.gz'.length) : name;
}
