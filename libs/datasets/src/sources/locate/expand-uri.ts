import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expand } from 'brace-expansion';
import picomatch from 'picomatch';
import { TesseraError } from '@tessera/contracts';
import type { FilePlace } from '../../source.js';
import { SourceUnusableError } from '../errors.js';
import { formOfName } from '../forms.js';
import { placeName } from '../place-name.js';
import type { SourceOptions } from '../source-options.js';

/** What a part of a URI stands for. */
export type Target =
  | { readonly kind: 'file'; readonly place: FilePlace }
  /** A key is empty or ends with `/`. */
  | { readonly kind: 'folder'; readonly place: FilePlace }
  | {
      readonly kind: 'glob';
      /** The folder below which it can match. */
      readonly place: FilePlace;
      readonly accepts: (name: string) => boolean;
      /** Levels below the folder that it can match. */
      readonly depth: number;
    };

type Reading = Pick<SourceOptions, 'buckets' | 'signal' | 'allowLocalFiles'>;

/** Of names that one URI may stand for by its braces. */
const MAX_EXPANSIONS = 100_000;
const S3_URL = /^s3:\/\/([^/]+)\/?(.*)$/is;
const OTHER_SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;

/**
 * Files, folders and patterns that a URI names: braces become one target each, in the order written. What is there under
 * the very name is never a pattern.
 * @throws {SourceUnusableError}
 */
export async function expandUri(uri: string, reading: Reading): Promise<Target[]> {
  if ((await typeOfLocal(uri)) !== undefined) return [await toTarget(uri, uri, reading)];
  const texts = expand(uri, { max: MAX_EXPANSIONS + 1, maxLength: Number.MAX_SAFE_INTEGER });
  if (texts.length > MAX_EXPANSIONS) {
    throw new SourceUnusableError(uri, `its braces stand for more than ${MAX_EXPANSIONS} names`);
  }
  const targets: Target[] = [];
  for (const text of new Set(texts)) targets.push(await toTarget(text, uri, reading));
  const [first] = targets;
  if (first?.kind === 'file' && targets.length === 1) await checkFile(first.place, uri, reading);
  return targets;
}

async function toTarget(text: string, uri: string, reading: Reading): Promise<Target> {
  const place = toPlace(text, uri);
  if (place.kind === 'file' && reading.allowLocalFiles === false) {
    throw new SourceUnusableError(uri, 'files of the machine itself may not be read; only s3:// places');
  }
  const type = place.kind === 'file' ? await typeOfLocal(place.path) : undefined;
  if (type !== undefined) return { kind: type, place };
  const { isGlob, base, glob } = picomatch.scan(pathOf(place), { noparen: true });
  if (isGlob) return toGlob(withPath(place, base), glob);
  return place.kind === 's3' && (await isFolderInBucket(place, reading))
    ? { kind: 'folder', place: { ...place, key: place.key && place.key.replace(/\/*$/, '/') } }
    : { kind: 'file', place };
}

function toPlace(text: string, uri: string): FilePlace {
  const [, bucket, key] = S3_URL.exec(text) ?? [];
  if (bucket !== undefined) return { kind: 's3', bucket, key: key ?? '' };
  if (/^file:\/\//i.test(text)) return { kind: 'file', path: fileURLToPath(text) };
  if (OTHER_SCHEME.test(text)) throw new SourceUnusableError(uri, 'it must be a path or begin with s3://');
  return { kind: 'file', path: resolve(text) };
}

function toGlob(place: FilePlace, glob: string): Target {
  const matches = picomatch(glob);
  const depth = glob.includes('**') ? Infinity : glob.split('/').length;
  return { kind: 'glob', place, accepts: (name) => matches(name), depth };
}

function pathOf(place: FilePlace): string {
  return place.kind === 'file' ? place.path : place.key;
}

function withPath(place: FilePlace, base: string): FilePlace {
  if (place.kind === 'file') return { ...place, path: base };
  return { ...place, key: base === '' ? '' : `${base}/` };
}

async function typeOfLocal(path: string): Promise<'file' | 'folder' | undefined> {
  // What keeps it from being looked at keeps it from being read, too, which then says why.
  const status = await stat(path).catch(() => undefined);
  if (status === undefined) return undefined;
  return status.isDirectory() ? 'folder' : 'file';
}

async function isFolderInBucket(
  { bucket, key }: Extract<FilePlace, { kind: 's3' }>,
  { buckets, signal }: Reading,
): Promise<boolean> {
  if (key === '' || key.endsWith('/')) return true;
  if (formOfName(key) !== undefined) return false;
  for await (const _ of buckets.list({ bucket, prefix: `${key}/` }, { signal })) return true;
  return false;
}

/** One file that is named by itself must be there. */
async function checkFile(place: FilePlace, uri: string, { buckets, signal }: Reading): Promise<void> {
  try {
    if (place.kind === 'file') await stat(place.path);
    else (await buckets.open(place, { range: { start: 0, end: 1 }, signal })).body.destroy();
  } catch (cause) {
    if (cause instanceof TesseraError && cause.retryable) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SourceUnusableError(placeName(place) === uri ? uri : `${uri} (${placeName(place)})`, reason, {
      cause,
    });
  }
}
