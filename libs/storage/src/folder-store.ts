import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { Readable } from 'node:stream';
import { ObjectKeyInvalidError, ObjectNotFoundError, ObjectStoreUnavailableError } from './errors.js';
import { filesBelow, removeEmptyFolders, removeFilesBelow, syncFolders } from './folders.js';
import { objectBody } from './object-body.js';
import { NAMED_KEYS } from './named-key.js';
import { checkFolderPrefix, type KeyRules, STORE_KEYS } from './object-key.js';
import { checkRange } from './object-range.js';
import { ObjectSource } from './object-source.js';
import type { ObjectInfo, ObjectRange, ObjectStore, OpenedObject } from './object-store.js';
import { hasCode, ignoring } from './system-error.js';
import { TemporaryFiles } from './temporary-files.js';
import { translatingFailures } from './translate-failures.js';

const translateFailures = translatingFailures(
  (error, operation, subject) => new ObjectStoreUnavailableError(operation, subject, error),
);

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
    const temporaryFiles = await TemporaryFiles.open(join(dirname(objects), 'tmp'));
    return new FolderStore(objects, temporaryFiles, STORE_KEYS);
  });
}

/**
 * Opens a folder of files that people name, which is made where it is missing: `a/b.txt` is the file of that path, and
 * nothing in the folder is anybody's but theirs, except unfinished files, in `temporaryFolder` of it.
 * @throws {ObjectStoreUnavailableError} when the folder cannot be made or read
 */
export async function openNamedFolder(directory: string, temporaryFolder: string): Promise<ObjectStore> {
  return translateFailures('open', directory, async () => {
    const root = resolve(directory);
    const firstMade = await mkdir(root, { recursive: true });
    if (firstMade !== undefined) await syncFolders(root, dirname(firstMade));
    return new FolderStore(root, await TemporaryFiles.open(join(root, temporaryFolder)), NAMED_KEYS);
  });
}

class FolderStore implements ObjectStore {
  constructor(
    private readonly root: string,
    private readonly temporaryFiles: TemporaryFiles,
    private readonly keys: KeyRules,
  ) {}

  async put(key: string, bytes: Uint8Array): Promise<void> {
    this.keys.checkKey(key);
    await translateFailures('put', key, async () => {
      await this.moveIntoPlace(await this.temporaryFiles.write([bytes]), key);
    });
  }

  async putStream(
    key: string,
    chunks: AsyncIterable<Uint8Array>,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<{ bytes: number }> {
    this.keys.checkKey(key);
    const source = new ObjectSource(chunks, options.signal);
    const store = async () => {
      const temporary = await this.temporaryFiles.write(source);
      await this.moveIntoPlace(temporary, key, () => source.checkAbort());
      return { bytes: source.bytes };
    };
    return source.unwrapFailure(() => translateFailures('put', key, store));
  }

  async get(key: string): Promise<Uint8Array> {
    this.keys.checkKey(key);
    return this.reading(key, () => readFile(this.pathOf(key)));
  }

  async open(
    key: string,
    options: { readonly range?: ObjectRange; readonly signal?: AbortSignal } = {},
  ): Promise<OpenedObject> {
    const { range, signal } = options;
    this.keys.checkKey(key);
    checkRange(key, range);
    signal?.throwIfAborted();
    return this.reading(key, async () => {
      const file = await open(this.pathOf(key), constants.O_RDONLY);
      try {
        const stats = await file.stat();
        if (!stats.isFile()) throw new ObjectNotFoundError(key);
        return {
          bytes: stats.size,
          body: objectBody(key, await readRange(file, stats.size, range), { signal }),
        };
      } catch (error) {
        await file.close();
        throw error;
      }
    });
  }

  async stat(key: string): Promise<ObjectInfo | undefined> {
    this.keys.checkKey(key);
    return translateFailures('stat', key, async () => {
      try {
        const stats = await stat(this.pathOf(key));
        return stats.isFile() ? { key, bytes: stats.size } : undefined;
      } catch (error) {
        if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
        throw error;
      }
    });
  }

  async *list(prefix: string): AsyncIterable<string> {
    this.keys.checkPrefix(prefix);
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
    this.keys.checkKey(key);
    await translateFailures('delete', key, async () => {
      const path = this.pathOf(key);
      // A folder is no object.
      await ignoring(['ENOTDIR', 'ERR_FS_EISDIR'], () => rm(path, { force: true }));
      await removeEmptyFolders(dirname(path), this.root);
    });
  }

  async deletePrefix(prefix: string): Promise<void> {
    checkFolderPrefix(prefix, this.keys);
    await translateFailures('deletePrefix', prefix, async () => {
      const folder = this.pathOf(prefix.slice(0, -1));
      await removeFilesBelow(folder);
      await removeEmptyFolders(folder, this.root);
    });
  }

  async presignDownload(key: string): Promise<undefined> {
    this.keys.checkKey(key);
  }

  private pathOf(key: string): string {
    return join(this.root, key);
  }

  private reading<Result>(key: string, read: () => Promise<Result>): Promise<Result> {
    return translateFailures('get', key, async () => {
      try {
        return await read();
      } catch (error) {
        if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EISDIR'))
          throw new ObjectNotFoundError(key, { cause: error });
        throw error;
      }
    });
  }

  /** Makes the temporary file the object `key`, durably, unless `checkLast` throws; a failure removes the file. */
  private async moveIntoPlace(temporary: string, key: string, checkLast?: () => void): Promise<void> {
    try {
      checkLast?.();
      await this.move(temporary, key);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    // Up to the root, since the put that has just made a folder may not have got as far yet.
    await syncFolders(dirname(this.pathOf(key)), this.root);
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
}

/** The bytes of the range, of a file that closes with the stream. */
async function readRange(file: FileHandle, size: number, range: ObjectRange | undefined): Promise<Readable> {
  const { start, end } = { start: range?.start ?? 0, end: Math.min(range?.end ?? size, size) };
  if (start < end) return file.createReadStream({ start, end: end - 1 });
  await file.close();
  return Readable.from([]);
}
