import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';

export interface WalkedFile {
  /** Path below the folder, with `/` on every system. */
  readonly name: string;
  readonly path: string;
}

export interface WalkOptions {
  /** Of a name below the folder: whether the file is wanted. */
  readonly accepts: (name: string) => boolean;
  /** Levels to look at; 1 is the folder alone. Absent: all. */
  readonly depth?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told of a folder below that cannot be listed; the walk goes on. */
  readonly onUnreadable?: ((path: string, error: unknown) => void) | undefined;
}

/**
 * The files below `folder`: at every level by name, in the order of code units, so that two walks agree. Hidden files
 * and folders are left out. A link to a folder is followed when it leads out of `folder`, each place once.
 * @throws the system's error when `folder` itself cannot be listed
 */
export async function* walkFolder(folder: string, options: WalkOptions): AsyncGenerator<WalkedFile> {
  const root = await realpath(folder);
  const place = { ...options, folder, name: '', level: 1, root, followed: new Set<string>() };
  yield* walk(await listFolder(folder), place);
}

/** What is in a folder and not hidden, by name in the order of code units. */
export async function listFolder(folder: string): Promise<Dirent[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter(({ name }) => !name.startsWith('.'))
    .sort((left, right) => (left.name < right.name ? -1 : 1));
}

interface Place extends WalkOptions {
  readonly folder: string;
  /** Of this folder: empty, or ending with `/`. */
  readonly name: string;
  readonly level: number;
  /** The real path of the folder that the walk began with. */
  readonly root: string;
  /** Real paths of folders that links have led to. */
  readonly followed: Set<string>;
}

async function* walk(entries: readonly Dirent[], place: Place): AsyncGenerator<WalkedFile> {
  for (const entry of entries) {
    place.signal?.throwIfAborted();
    const path = join(place.folder, entry.name);
    const name = `${place.name}${entry.name}`;
    if (await isFolder(entry, path, place)) {
      const inner = { ...place, folder: path, name: `${name}/`, level: place.level + 1 };
      if (inner.level <= (place.depth ?? Infinity)) yield* walk(await listOrReport(inner), inner);
    } else if (!entry.isDirectory() && place.accepts(name)) yield { name, path };
  }
}

async function isFolder(entry: Dirent, path: string, { root, followed }: Place): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  // A link that leads nowhere is a file that cannot be read, and is reported as one.
  const target = await realpath(path).catch(() => undefined);
  if (target === undefined || !(await stat(target)).isDirectory()) return false;
  const isInside = `${target}${sep}`.startsWith(root.endsWith(sep) ? root : `${root}${sep}`);
  if (isInside || followed.has(target)) return false;
  followed.add(target);
  return true;
}

async function listOrReport(place: Place): Promise<readonly Dirent[]> {
  try {
    return await listFolder(place.folder);
  } catch (error) {
    place.onUnreadable?.(place.folder, error);
    return [];
  }
}
