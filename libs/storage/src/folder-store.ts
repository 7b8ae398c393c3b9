import { mkdir, open, opendir, readdir, readFile, rename, rm, rmdir, unlink } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { TesseraError } from '@tessera/contracts';
import {
  ObjectKeyInvalidError,
  ObjectNotFoundError,
  type ObjectStoreOperation,
  ObjectStoreUnavailableError,
} from './errors.js';
import { checkFolderPrefix, checkKey, checkPrefix } from './object-key.js';
import type { ObjectStore } from './object-store.js';
import { hasCode, ignoring } from './system-error.js';
import { TemporaryFiles } from './temporary-files.js';

/** How often a put makes its folder again when concurrent deletes keep removing it. */
const MAX_MOVE_ATTEMPTS = 100;

/**
 * Opens the object store in `directory`, which is made where it is missing: objects as plain files in `objects/`,
 * unfinished ones in `tmp/`. Any number of processes may have it open; files that dead ones left half written go.
 * @throws {ObjectStoreUnavailableError} when the folder cannot be made or read
 */
export async function openFolderStore(directory: string): Promise<ObjectStore> {
  return translateFailures('open', directory, async () => {
    const objects = join(resolve(directory), 'objects');
    // Others on this machine have no business with users' pictures.
    const firstMade = await mkdir(objects, { recursive: true, mode: 0o700 });
    if (firstMade !== undefined) await syncFolders(dirname(objects), dirname(firstMade));
    return new FolderStore(objects, await TemporaryFiles.open(join(dirname(objects), 'tmp')));
  });
}

class FolderStore implements ObjectStore {
  constructor(
    private readonly root: string,
    private readonly temporaryFiles: TemporaryFiles,
  ) {}

  async put(key: string, bytes: Uint8Array): Promise<void> {
    checkKey(key);
    await translateFailures('put', key, async () => {
      const temporary = await this.temporaryFiles.write(bytes);
      try {
        await this.move(temporary, key);
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
      // Up to the root, since the put that has just made a folder may not have got as far yet.
      await syncFolders(dirname(this.pathOf(key)), this.root);
    });
  }

  async get(key: string): Promise<Uint8Array> {
    checkKey(key);
    return translateFailures('get', key, async () => {
      try {
        return await readFile(this.pathOf(key));
      } catch (error) {
        if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EISDIR'))
          throw new ObjectNotFoundError(key, { cause: error });
        throw error;
      }
    });
  }

  async *list(prefix: string): AsyncIterable<string> {
    checkPrefix(prefix);
    const wholeSegments = prefix.slice(0, prefix.lastIndexOf('/') + 1);
    try {
      for await (const path of filesBelow(this.pathOf(wholeSegments), prefix.slice(wholeSegments.length))) {
        yield relative(this.root, path).split(sep).join('/');
      }
    } catch (error) {
      throw new ObjectStoreUnavailableError('list', prefix, error);
    }
  }

  async delete(key: string): Promise<void> {
    checkKey(key);
    await translateFailures('delete', key, async () => {
      const path = this.pathOf(key);
      // A folder is no object.
      await ignoring(['ENOTDIR', 'ERR_FS_EISDIR'], () => rm(path, { force: true }));
      await this.removeEmptyFolders(dirname(path));
    });
  }

  async deletePrefix(prefix: string): Promise<void> {
    checkFolderPrefix(prefix);
    await translateFailures('deletePrefix', prefix, async () => {
      const folder = this.pathOf(prefix.slice(0, -1));
      await removeObjects(folder);
      await this.removeEmptyFolders(folder);
    });
  }

  private pathOf(key: string): string {
    return join(this.root, key);
  }

  private async move(temporary: string, key: string): Promise<void> {
    const target = this.pathOf(key);
    for (let attempt = 1; ; attempt += 1) {
      try {
        await mkdir(dirname(target), { recursive: true });
        return await rename(temporary, target);
      } catch (error) {
        if (hasCode(error, 'EEXIST', 'ENOTDIR', 'EISDIR')) {
          const reason = 'an object has the name of one of its folders, or a folder has its name';
          throw new ObjectKeyInvalidError(key, reason, { cause: error });
        }
        // A concurrent delete has removed the folder while it was empty.
        if (!hasCode(error, 'ENOENT') || attempt === MAX_MOVE_ATTEMPTS) throw error;
      }
    }
  }

  private async removeEmptyFolders(folder: string): Promise<void> {
    for (let current = folder; current.length > this.root.length; current = dirname(current)) {
      try {
        await rmdir(current);
      } catch (error) {
        if (hasCode(error, 'ENOTEMPTY', 'EEXIST', 'ENOTDIR')) return;
        if (!hasCode(error, 'ENOENT')) throw error;
      }
    }
  }
}

/** Makes the entries of `folder` durable, and those of every folder above it up to `top`. */
async function syncFolders(folder: string, top: string): Promise<void> {
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
async function* filesBelow(folder: string, namePrefix: string): AsyncGenerator<string> {
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

async function removeObjects(folder: string): Promise<void> {
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
      await removeObjects(path);
      await ignoring(['ENOENT', 'ENOTEMPTY', 'EEXIST'], () => rmdir(path));
    } else {
      await ignoring(['ENOENT'], () => unlink(path));
    }
  }
}

async function translateFailures<Result>(
  operation: ObjectStoreOperation,
  subject: string,
  action: () => Promise<Result>,
): Promise<Result> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof TesseraError) throw error;
    throw new ObjectStoreUnavailableError(operation, subject, error);
  }
}
