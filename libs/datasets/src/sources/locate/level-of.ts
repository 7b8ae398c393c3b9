import type { Dirent } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { FilePlace } from '../../source.js';
import type { SourceOptions } from '../source-options.js';
import { listFolder } from './walk-folder.js';

export interface LevelEntry {
  readonly name: string;
  readonly isFolder: boolean;
  readonly place: FilePlace;
}

type Reading = Pick<SourceOptions, 'buckets' | 'signal'>;

/** What is directly in a folder, and not hidden. The key of a folder in S3 is empty or ends with `/`. */
export async function* levelOf(folder: FilePlace, reading: Reading): AsyncGenerator<LevelEntry> {
  if (folder.kind === 's3') {
    yield* levelOfBucket(folder, reading);
    return;
  }
  for (const entry of await listFolder(folder.path)) {
    const place = { kind: 'file' as const, path: join(folder.path, entry.name) };
    yield { name: entry.name, isFolder: await isFolder(entry, place.path), place };
  }
}

async function isFolder(entry: Dirent, path: string): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  const status = await stat(path).catch(() => undefined);
  // A link that leads nowhere is none.
  return status?.isDirectory() === true;
}

async function* levelOfBucket(
  { bucket, key: prefix }: Extract<FilePlace, { kind: 's3' }>,
  { buckets, signal }: Reading,
): AsyncGenerator<LevelEntry> {
  for await (const { kind, key } of buckets.list({ bucket, prefix }, { isLevel: true, signal })) {
    const isFolder = kind === 'folder';
    const name = key.slice(prefix.length, isFolder ? -1 : undefined);
    if (name !== '' && !name.startsWith('.')) yield { name, isFolder, place: { kind: 's3', bucket, key } };
  }
}
