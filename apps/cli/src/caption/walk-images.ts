import { type Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';

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

export interface ImageFile {
  /** Path below the folder, with `/` on every system. */
  readonly key: string;
  readonly path: string;
}

export interface WalkOptions {
  /** Told of a folder below that cannot be listed; the walk goes on. */
  onUnreadableFolder: (path: string, error: unknown) => void;
}

/**
 * The images below `folder`: at every level by name, in the order of code units, so that two walks agree. Hidden files
 * and folders are left out. A link to a folder is followed when it leads out of `folder`, each place once.
 * @throws the system's error when `folder` itself cannot be listed
 */
export async function* walkImages(folder: string, options: WalkOptions): AsyncGenerator<ImageFile> {
  const root = await realpath(folder);
  yield* walk(await listSorted(folder), { folder, key: '', root, followed: new Set(), ...options });
}

interface Place extends WalkOptions {
  readonly folder: string;
  /** Of this folder: empty, or ending with `/`. */
  readonly key: string;
  /** The real path of the folder that the walk began with. */
  readonly root: string;
  /** Real paths of folders that links have led to. */
  readonly followed: Set<string>;
}

async function* walk(entries: readonly Dirent[], place: Place): AsyncGenerator<ImageFile> {
  for (const entry of entries) {
    const path = join(place.folder, entry.name);
    const key = `${place.key}${entry.name}`;
    if (await isFolder(entry, path, place)) {
      const inner = { ...place, folder: path, key: `${key}/` };
      yield* walk(await listOrReport(inner), inner);
    } else if (!entry.isDirectory() && isImageName(entry.name)) yield { key, path };
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
    return await listSorted(place.folder);
  } catch (error) {
    place.onUnreadableFolder(place.folder, error);
    return [];
  }
}

async function listSorted(folder: string): Promise<Dirent[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter(({ name }) => !name.startsWith('.'))
    .sort((left, right) => (left.name < right.name ? -1 : 1));
}

function isImageName(name: string): boolean {
  return IMAGE_EXTENSIONS.includes(extname(name).toLowerCase());
}
