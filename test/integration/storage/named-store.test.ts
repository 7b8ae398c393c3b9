import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ObjectKeyInvalidError, type ObjectStore, openNamedStore } from '@tessera/storage';
import { startTestS3, temporaryDirectory } from '@tessera/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const KEYS = ['a b.txt', "it's/ü/🙂.txt", '100%25+1.txt', '.hidden/c', 'x/..y', 'a=b&c?d#e.txt'];
const INVALID_KEYS = [
  ['the empty key', ''],
  ['a leading slash', '/a'],
  ['a trailing slash', 'a/'],
  ['an empty segment', 'a//b'],
  ['traversal', '../a'],
  ['traversal at the end', 'a/..'],
  ['a dot segment', './a'],
  ['a zero byte', 'a\0b'],
  ['a segment of 256 bytes', 'ü'.repeat(128)],
  ['a key of 1,025 bytes', `${'a/'.repeat(512)}b`],
] as const;
/** Signs that the test server escapes twice in a listing. */
const LISTED_WRONG = /['&]/;

interface OpenedStore {
  readonly store: ObjectStore;
  close(): Promise<void>;
}

const temporaryFolder = '.hidden/tmp';

describe.each([
  ['a folder', openFolder],
  ['S3', openS3],
])('a store of named files in %s', (_, open: () => Promise<OpenedStore>) => {
  let opened: OpenedStore;
  beforeAll(async () => {
    opened = await open();
  });
  afterAll(() => opened.close());

  it('takes any name that a file may have', async () => {
    for (const key of KEYS) await opened.store.put(key, Buffer.from(key));
    for (const key of KEYS) expect(Buffer.from(await opened.store.get(key)).toString()).toBe(key);
    const found: string[] = [];
    for await (const key of opened.store.list('')) found.push(key);
    expect(found).toHaveLength(KEYS.length);
    expect(found).toEqual(expect.arrayContaining(KEYS.filter((key) => !LISTED_WRONG.test(key))));
  });

  it.each(INVALID_KEYS)('refuses %s', async (_name, key) => {
    await expect(opened.store.put(key, Buffer.from('x'))).rejects.toBeInstanceOf(ObjectKeyInvalidError);
  });
});

describe('a folder of named files', () => {
  it('holds what lies there already, and leaves it as open to others as it was', async () => {
    const directory = await temporaryDirectory('tessera-named');
    await mkdir(join(directory.path, 'photos'), { mode: 0o755 });
    await writeFile(join(directory.path, 'photos/my cat.txt'), 'mine');
    const store = await openNamedStore(
      { kind: 'folder', directory: join(directory.path, 'photos') },
      { temporaryFolder },
    );
    expect(Buffer.from(await store.get('my cat.txt')).toString()).toBe('mine');
    await store.put('my dog.txt', Buffer.from('new'));
    expect(await readFile(join(directory.path, 'photos/my dog.txt'), 'utf8')).toBe('new');
    expect((await stat(join(directory.path, 'photos'))).mode & 0o777).toBe(0o755);
    expect(await readdir(join(directory.path, 'photos', temporaryFolder))).toEqual([]);
    await directory.remove();
  });
});

async function openFolder(): Promise<OpenedStore> {
  const directory = await temporaryDirectory('tessera-named');
  const store = await openNamedStore({ kind: 'folder', directory: directory.path }, { temporaryFolder });
  return { store, close: () => directory.remove() };
}

async function openS3(): Promise<OpenedStore> {
  const s3 = await startTestS3();
  const service = { endpoint: s3.endpoint, pathStyle: true };
  const store = await openNamedStore(
    { kind: 's3', bucket: s3.bucket, prefix: 'my files', service },
    { temporaryFolder },
  );
  return { store, close: () => s3.close() };
}
