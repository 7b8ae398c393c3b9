import type { SourceForm } from '@tessera/contracts';
import { realpath } from 'node:fs/promises';
import type { FilePlace } from '../../source.js';
import { formOfName, isMetadataName } from '../forms.js';
import type { SourceOptions } from '../source-options.js';
import { levelOf } from './level-of.js';

/** Forms of lists other than text, which also may be captions beside images. */
const TABLES: readonly SourceForm[] = ['jsonl', 'csv', 'tsv', 'parquet'];

type Reading = Pick<SourceOptions, 'buckets' | 'signal'>;

/** What names tell of a form, or the forms between which they do not decide. */
export type Detection =
  | { readonly kind: 'form'; readonly form: SourceForm }
  | { readonly kind: 'several'; readonly forms: readonly SourceForm[] }
  | { readonly kind: 'none' };

/**
 * What a folder is: by what is directly in it, else by its first folder that tells. `metadata.jsonl` and its like come
 * before images, these before tars, these before lists, and lists of text (which may be captions) last.
 */
export async function detectForm(
  folder: FilePlace,
  reading: Reading,
  seen: ReadonlySet<string> = new Set(),
): Promise<Detection> {
  if (await hasMetadata(folder, reading)) return { kind: 'form', form: 'imagefolder' };
  const folders: FilePlace[] = [];
  const detection = await detectByNames(namesOf(folder, folders, reading));
  if (detection.kind !== 'none') return detection;
  for (const inner of folders) {
    const path = inner.kind === 'file' ? await realpath(inner.path) : inner.key;
    // Links may form a loop.
    if (seen.has(path)) continue;
    const found = await detectForm(inner, reading, new Set([...seen, path]));
    if (found.kind !== 'none') return found;
  }
  return detection;
}

/** The form that most of a dataset's files have, by the same order; reads no further than the first image. */
export async function detectByNames(names: AsyncIterable<string>): Promise<Detection> {
  const forms = new Set<SourceForm>();
  for await (const name of names) {
    const form = formOfName(name);
    if (form === 'images') return { kind: 'form', form };
    if (form !== undefined) forms.add(form);
  }
  if (forms.has('webdataset')) return { kind: 'form', form: 'webdataset' };
  const [table, ...others] = TABLES.filter((form) => forms.has(form));
  if (table !== undefined) {
    return others.length === 0
      ? { kind: 'form', form: table }
      : { kind: 'several', forms: [table, ...others] };
  }
  return forms.has('text') ? { kind: 'form', form: 'text' } : { kind: 'none' };
}

async function hasMetadata(folder: FilePlace, reading: Reading): Promise<boolean> {
  // In a bucket, a level may have a million objects: ask for these only.
  const prefix = folder.kind === 'file' ? '' : 'metadata.';
  const place = folder.kind === 'file' ? folder : { ...folder, key: `${folder.key}${prefix}` };
  for await (const { name, isFolder } of levelOf(place, reading)) {
    if (!isFolder && isMetadataName(`${prefix}${name}`)) return true;
  }
  return false;
}

async function* namesOf(folder: FilePlace, folders: FilePlace[], reading: Reading): AsyncGenerator<string> {
  for await (const { name, isFolder, place } of levelOf(folder, reading)) {
    if (isFolder) folders.push(place);
    else yield name;
  }
}
