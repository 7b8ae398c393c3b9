import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ObjectKeyInvalidError, ObjectStoreUnavailableError, openFolderStore } from '@tessera/storage';
import { findRepositoryRoot, temporaryDirectory, type TemporaryDirectory } from '@tessera/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeObjectStore } from './describe-object-store.js';

describeObjectStore('a folder', async () => {
  const directory = await temporaryDirectory('tessera-store');
  return {
    store: await openFolderStore(directory.path),
    openAgain: () => openFolderStore(directory.path),
    leftovers: () => readdir(join(directory.path, 'tmp')),
    close: () => directory.remove(),
  };
});

/** A program that puts one key over and over, two bodies in turn. Runs the built package. */
const WRITER = `
  import { openFolderStore } from '@tessera/storage';
  const store = await openFolderStore(process.argv[1]);
  for (let round = 0; ; round += 1) await store.put('a/b', Buffer.alloc(4_000_000, round % 2));
`;

describe('the folder store', () => {
  let directory: TemporaryDirectory;
  beforeEach(async () => {
    directory = await temporaryDirectory('tessera-store');
  });
  afterEach(() => directory.remove());

  const inside = (...names: string[]) => join(directory.path, ...names);

  it('makes its folder, closed to other users', async () => {
    await openFolderStore(inside('new', 'store'));
    expect((await stat(inside('new', 'store'))).mode & 0o077).toBe(0);
  });

  it('removes emptied folders and leaves no temporary file', async () => {
    const store = await openFolderStore(directory.path);
    await store.put('a/b/c', Buffer.from('x'));
    await store.put('a/d/e', Buffer.from('x'));
    await store.deletePrefix('a/b/');
    expect(await readdir(inside('objects', 'a'))).toEqual(['d']);
    await store.delete('a/d/e');
    expect(await readdir(inside('objects'))).toEqual([]);
    expect(await readdir(inside('tmp'))).toEqual([]);
  });

  it('refuses a key below an object, and an object in place of a folder', async () => {
    const store = await openFolderStore(directory.path);
    await store.put('a/b', Buffer.from('x'));
    for (const key of ['a', 'a/b/c', 'a/b/c/d']) {
      await expect(store.put(key, Buffer.from('y'))).rejects.toBeInstanceOf(ObjectKeyInvalidError);
    }
    expect(Buffer.from(await store.get('a/b')).toString()).toBe('x');
    expect(await readdir(inside('tmp'))).toEqual([]);
  });

  it('reports a failing disk as worth another attempt, with operation, key and cause', async () => {
    const store = await openFolderStore(directory.path);
    await rm(inside('tmp'), { recursive: true });
    const failure = store.put('a/b', Buffer.from('x'));
    await expect(failure).rejects.toBeInstanceOf(ObjectStoreUnavailableError);
    await expect(failure).rejects.toMatchObject({
      code: 'service_unavailable',
      retryable: true,
      operation: 'put',
      subject: 'a/b',
      cause: { code: 'ENOENT' },
    });
  });

  it('reports a folder that cannot be made', async () => {
    await writeFile(inside('file'), '');
    await expect(openFolderStore(inside('file', 'store'))).rejects.toMatchObject({
      name: ObjectStoreUnavailableError.name,
      operation: 'open',
    });
  });

  describe('at opening', () => {
    /** Name of the temporary file of a put, read while the put is under way. */
    const nameOfUnfinishedFile = async () => {
      const store = await openFolderStore(directory.path);
      const writing = store.put('big', Buffer.alloc(64_000_000));
      let names: string[] = [];
      while (names.length === 0) names = await readdir(inside('tmp'));
      const [name] = names;
      await writing;
      if (name === undefined) throw new Error('no temporary file was seen');
      return name;
    };

    it('removes unfinished files of dead processes and keeps those of living ones', async () => {
      const own = await nameOfUnfinishedFile();
      const { pid: deadPid } = spawnSync('true');
      const dead = own.replace(`-${process.pid}-`, `-${deadPid}-`);
      const earlierProcessOfOurId = own.replace(/-([0-9a-f]{12})-/, '-000000000000-');
      const otherMachine = own.replace(/^[0-9a-f]{12}/, '000000000000');
      for (const name of [own, dead, earlierProcessOfOurId, otherMachine])
        await writeFile(inside('tmp', name), 'x');
      await openFolderStore(directory.path);
      expect((await readdir(inside('tmp'))).sort()).toEqual([otherMachine, own].sort());
    });

    it('finds a whole object and nothing else after the writer was killed', async () => {
      const reader = await openFolderStore(directory.path);
      const arguments_ = ['--input-type=module', '-e', WRITER, directory.path];
      const writer = spawn(process.execPath, arguments_, { cwd: findRepositoryRoot(), stdio: 'inherit' });
      const exited = once(writer, 'exit');
      const hasWritten = async () => (await readdir(inside('objects'), { recursive: true })).includes('a/b');
      const isWriting = async () => (await readdir(inside('tmp'))).length > 0;
      while (!((await hasWritten()) && (await isWriting()))) expect(writer.exitCode).toBeNull();
      writer.kill('SIGKILL');
      await exited;
      await openFolderStore(directory.path);
      expect(await readdir(inside('tmp'))).toEqual([]);
      const seen = Buffer.from(await reader.get('a/b'));
      expect([0, 1].some((byte) => seen.equals(Buffer.alloc(4_000_000, byte)))).toBe(true);
    });

    it('removes anything that is older than a day', async () => {
      await mkdir(inside('tmp'));
      await writeFile(inside('tmp', 'old'), 'x');
      await writeFile(inside('tmp', 'fresh'), 'x');
      const twoDaysAgo = new Date(Date.now() - 2 * 24 * 3600 * 1000);
      await utimes(inside('tmp', 'old'), twoDaysAgo, twoDaysAgo);
      await openFolderStore(directory.path);
      expect(await readdir(inside('tmp'))).toEqual(['fresh']);
    });
  });
});
