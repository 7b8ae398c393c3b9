import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { openSource, readPlace } from '@tessera/datasets';
import { temporaryDirectory, type TemporaryDirectory } from '@tessera/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NO_BUCKETS, readSource, type TestOptions } from './read-source.js';

let directory: TemporaryDirectory;
beforeEach(async () => {
  directory = await temporaryDirectory('tessera-folders');
});
afterEach(() => directory.remove());

const at = (...names: string[]) => join(directory.path, ...names);

async function put(...names: string[]): Promise<void> {
  for (const name of names) {
    await mkdir(dirname(at(name)), { recursive: true });
    await writeFile(at(name), name);
  }
}

async function keysOf(pattern: string, options?: TestOptions): Promise<string[]> {
  return (await readSource(at(pattern), options)).map(({ key }) => key);
}

describe('a folder of images', () => {
  it('has its images by path, with what lies beside them left out', async () => {
    await put('b.png', 'a/z.jpg', 'a/z.txt', 'notes.csv', '.hidden/c.png');
    expect(await readSource(directory.path)).toEqual([
      { key: 'a/z.jpg', path: at('a/z.jpg'), image: { kind: 'file', path: at('a/z.jpg') }, columns: {} },
      { key: 'b.png', path: at('b.png'), image: { kind: 'file', path: at('b.png') }, columns: {} },
    ]);
  });

  it('may be given as a relative path, a file: URL or one file', async () => {
    await put('a b.png');
    const record = { key: 'a b.png', path: at('a b.png') };
    expect(await readSource(relative(process.cwd(), directory.path))).toMatchObject([record]);
    expect(await readSource(`file://${directory.path}`)).toMatchObject([record]);
    expect(await readSource(at('a b.png'))).toMatchObject([record]);
  });

  it('reports a folder that cannot be read and goes on', async () => {
    await put('a/1.png', 'b/2.png', 'c/3.png');
    const source = await openSource(directory.path, { buckets: NO_BUCKETS });
    const unreadable: string[] = [];
    const keys: string[] = [];
    for await (const { key } of source.records({ onUnreadable: (place) => unreadable.push(place) })) {
      keys.push(key);
      await rm(at('b'), { recursive: true, force: true });
    }
    expect(keys).toEqual(['a/1.png', 'c/3.png']);
    expect(unreadable).toEqual([at('b')]);
  });

  it('ends with the reason of an abort', async () => {
    await put('1.png', '2.png');
    const source = await openSource(directory.path, { buckets: NO_BUCKETS });
    const abort = new AbortController();
    const records = source.records({ signal: abort.signal })[Symbol.asyncIterator]();
    await records.next();
    abort.abort(new Error('enough'));
    await expect(records.next()).rejects.toThrow('enough');
  });
});

describe('a pattern', () => {
  beforeEach(() =>
    put('x/1.jpg', 'x/2.png', 'x/deep/3.jpg', 'y/4.jpg', 'z/5.jpg', 'x/.h.jpg', 'x/1.txt', 'x/[6].jpg'),
  );

  it.each([
    ['x/*.jpg', ['1.jpg', '[6].jpg']],
    ['x/**/*.jpg', ['1.jpg', '[6].jpg', 'deep/3.jpg']],
    ['*/?.jpg', ['x/1.jpg', 'y/4.jpg', 'z/5.jpg']],
    ['[yz]/*', ['y/4.jpg', 'z/5.jpg']],
    ['{z,x}/*.jpg', ['z/5.jpg', 'x/1.jpg', 'x/[6].jpg']],
    ['{z,y}', ['z/5.jpg', 'y/4.jpg']],
    ['x/{1,9}.jpg', ['1.jpg', '9.jpg']],
    ['x/[6].jpg', ['[6].jpg']],
    ['{x/deep,x,x/deep/*}', ['deep/3.jpg', '1.jpg', '2.png', '[6].jpg']],
    ['**', ['x/1.jpg', 'x/2.png', 'x/[6].jpg', 'x/deep/3.jpg', 'y/4.jpg', 'z/5.jpg']],
  ])('%s has what it matches, in order', async (pattern, keys) => {
    expect(await keysOf(pattern)).toEqual(keys);
  });
});

describe('the form of a folder', () => {
  it.each([
    ['images', ['a.jpg', 'a.txt', 'list.csv', '0.tar']],
    ['imagefolder', ['a.jpg', 'metadata.csv', '0.tar']],
    ['webdataset', ['0.tar', '0.parquet', '0_stats.json', '0.txt']],
    ['parquet', ['data.parquet', 'README.txt']],
    ['text', ['list.txt.gz', 'README.md']],
    ['csv', ['deep/list.csv', 'elsewhere/b.jpg', 'README.md']],
    ['images', ['a/b/1.jpg', 'README.md']],
    ['imagefolder', ['train/0.jpg', 'train/metadata.jsonl']],
  ])('is %s with %j', async (form, names) => {
    await put(...names);
    expect((await openSource(directory.path, { buckets: NO_BUCKETS })).form).toBe(form);
  });

  it('is found behind links, and not for ever where they form a loop', async () => {
    await put('real/data/1.jpg');
    await mkdir(at('links/a'), { recursive: true });
    await symlink('../../links', at('links/a/loop'));
    await expect(keysOf('links')).rejects.toThrow('names of files tell no form');
    await symlink(at('real/data'), at('links/b'));
    expect(await keysOf('links')).toEqual(['b/1.jpg']);
  });

  it('has to be said where lists of several forms are there', async () => {
    await put('a.csv', 'b.parquet', 'c.csv');
    await expect(keysOf('.')).rejects.toThrow('it has files of several forms (csv, parquet); say which');
    await expect(keysOf('{a.csv,b.parquet}')).rejects.toThrow('several forms (csv, parquet)');
    await writeFile(at('a.csv'), 'path\n1.jpg\n');
    await writeFile(at('c.csv'), 'path\n2.jpg\n');
    expect(await keysOf('.', { form: 'csv' })).toEqual(['a.csv/000000000', 'c.csv/000000000']);
  });

  it('is taken as it is said', async () => {
    await writeFile(at('list.dat'), 'path\n1.jpg\n');
    await expect(keysOf('list.dat')).rejects.toThrow('names of files tell no form');
    expect(await keysOf('list.dat', { form: 'csv' })).toEqual(['000000000']);
  });
});

describe('a place that is not there', () => {
  it.each(['nothing', 'list.csv', '0.tar', 'a.jpg', 'nothing/*.jpg'])('is refused: %s', async (name) => {
    await expect(keysOf(name)).rejects.toThrow(/ENOENT/);
  });

  it.each(['http://example.com/list.csv', 'gs://bucket/x'])('is refused: %s', async (uri) => {
    await expect(readSource(uri)).rejects.toThrow('it must be a path or begin with s3://');
  });

  it('is refused where names in braces are too many', async () => {
    await expect(openSource(at('{1..400}{001..400}.jpg'), { buckets: NO_BUCKETS })).rejects.toThrow(
      'its braces stand for more than 100000 names',
    );
  });
});

describe('readPlace', () => {
  const reading = { buckets: NO_BUCKETS, maxBytes: 10 };

  it('gives the bytes of a file, within the limit', async () => {
    await put('0123456789');
    const place = { kind: 'file', path: at('0123456789') } as const;
    expect(Buffer.from(await readPlace(place, reading)).toString()).toBe('0123456789');
    await expect(readPlace(place, { ...reading, maxBytes: 9 })).rejects.toMatchObject({
      code: 'image_too_large',
      message: `${at('0123456789')} has 10 bytes or more; at most 9 are allowed (TESSERA_MAX_IMAGE_BYTES)`,
    });
  });

  it('says what keeps a file from being read', async () => {
    await put('folder/x');
    const read = (path: string) => readPlace({ kind: 'file', path }, reading);
    await expect(read(at('nothing'))).rejects.toMatchObject({ code: 'image_not_found' });
    await expect(read(at('folder/x/y'))).rejects.toMatchObject({ code: 'image_not_found' });
    await expect(read(at('folder'))).rejects.toThrow('it is not a regular file');
  });

  it('gives bytes that are there, within the limit', async () => {
    const place = { kind: 'bytes', bytes: Buffer.alloc(10) } as const;
    expect(await readPlace(place, reading)).toBe(place.bytes);
    await expect(readPlace(place, { ...reading, maxBytes: 9 })).rejects.toMatchObject({
      code: 'image_too_large',
    });
  });
});
