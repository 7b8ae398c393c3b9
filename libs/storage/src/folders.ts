import { open, opendir, readdir, rmdir, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hasCode, ignoring } from './system-error.js';

/** Makes the entries of `folder` durable, and those of every folder above it up to `top`. */
export async function syncFolders(folder: string, top: string): Promise<void> {
  for (let current = folder; current.length >= top.length; current = dirname(current)) {
    // Gone: a concurrent delete emptied it.
    await ignoring(['ENOENT'], () => syncFolder(current));
    if (current === dirname(current)) return;
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Files below `folder` whose path from there begins with `namePrefix`; none when it does not exist. */
export async function* filesBelow(folder: string, namePrefix: string): AsyncGenerator<string> {
  let entries;
  try {
    entries = await opendir(folder);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return;
    throw error;
  }
  for await (const entry of entries) {
    if (!entry.name.startsWith(namePrefix)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path, '');
    else yield path;
  }
}

/** Removes the files below `folder`, and every folder that this empties but `folder` itself. */
export async function removeFilesBelow(folder: string): Promise<void> {
  let entries;
  try {
    entries = await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return;
    throw error;
  }
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      await removeFilesBelow(path);
      await ignoring(['ENOENT', 'ENOTEMPTY', 'EEXIST'], () => rmdir(path));
    } else {
      await ignoring(['ENOENT'], () => unlink(path));
    }
  }
}

/** Removes `folder` and those above it, below `root`, as long as they are empty. */
export async function removeEmptyFolders(folder: string, root: string): Promise<void> {
  for (let current = folder; current.length > root.length; current = dirname(current)) {
    try {
      await rmdir(current);
    } catch (error) {
      if (hasCode(error, 'ENOTEMPTY', 'EEXIST', 'ENOTDIR')) return;
      if (!hasCode(error, 'ENOENT')) throw error;
    }
  }
}
