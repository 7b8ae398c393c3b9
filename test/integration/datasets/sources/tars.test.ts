import { execFile } from 'node:child_process';
import { appendFile, mkdir, open, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { openSource, readPlace, type SourceRecord } from '@tessera/datasets';
import { temporaryDirectory, type TemporaryDirectory } from '@tessera/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { collect, NO_BUCKETS, readSource } from './read-source.js';

const run = promisify(execFile);
const READING = { buckets: NO_BUCKETS, maxBytes: 1_000_000 };

let directory: TemporaryDirectory;
let members: string;
beforeEach(async () => {
  directory = await temporaryDirectory('tessera-tars');
  members = join(directory.path, 'members');
});
afterEach(() => directory.remove());

async function put(files: Record<string, string | Uint8Array>): Promise<string[]> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(members, name)), { recursive: true });
    await writeFile(join(members, name), content);
  }
  return Object.keys(files);
}

/** A tar as GNU tar writes it. */
async function tar(
  name: string,
  files: Record<string, string | Uint8Array>,
  ...flags: string[]
): Promise<string> {
  const names = await put(files);
  const path = join(directory.path, name);
  await mkdir(dirname(path), { recursive: true });
  await run('tar', ['--create', '--file', path, ...flags, '--directory', members, '--', ...names]);
  return path;
}

async function textOf({ image }: SourceRecord): Promise<string> {
  if (image.kind !== 'part') throw new Error(`the image is ${JSON.stringify(image)}`);
  return Buffer.from(await readPlace(image, READING)).toString('utf8');
}

/** A file of some length that begins with its name. */
const body = (text: string, length = 3000): string => text.padEnd(length, '.');

describe('WebDataset tars', () => {
  it('make samples of members that share a key, with the fields of JSON and text as columns', async () => {
    const path = await tar('00017.tar', {
      'a/000000017.jpg': body('first'),
      'a/000000017.json': '{"url":"http://x/1","width":7,"tags":["p","q"]}',
      'a/000000017.txt': 'a cat',
      'a/000000018.txt': 'a dog',
      'a/000000018.seg.png': body('mask'),
      'a/000000018.png': body('second', 100_000),
    });
    const records = await readSource(path);
    expect(records.map(({ key, path: name, columns }) => ({ key, name, columns }))).toEqual([
      {
        key: '00017/a/000000017',
        name: '00017.tar/a/000000017.jpg',
        columns: { url: 'http://x/1', width: 7, tags: ['p', 'q'], txt: 'a cat' },
      },
      { key: '00017/a/000000018', name: '00017.tar/a/000000018.png', columns: { txt: 'a dog' } },
    ]);
    expect(await Promise.all(records.map(textOf))).toEqual([body('first'), body('second', 100_000)]);
  });

  it('take the member with the extension that is asked for', async () => {
    const path = await tar('x.tar', { 's.jpg': 'photo', 's.seg.png': 'mask', 't.jpg': 'only a photo' });
    const [first, second] = await readSource(path, { imageColumn: 'seg.png' });
    expect(first && (await textOf(first))).toBe('mask');
    expect(second?.image).toEqual({
      kind: 'missing',
      code: 'missing_required_parameter',
      message: 'the sample t has no .seg.png; it has .jpg',
    });
  });

  it.each(['gnu', 'pax', 'ustar', 'v7', 'oldgnu'])('are read in the format %s', async (format) => {
    const path = await tar('x.tar', { 'a/1.jpg': body('one'), 'a/2.jpg': body('two') }, `--format=${format}`);
    const records = await readSource(path);
    expect(records.map(({ key }) => key)).toEqual(['x/a/1', 'x/a/2']);
    expect(await Promise.all(records.map(textOf))).toEqual([body('one'), body('two')]);
  });

  it.each(['gnu', 'pax'])('have names of any length in the format %s', async (format) => {
    const folder = Array.from({ length: 5 }, () => 'f'.repeat(60)).join('/');
    const name = `${folder}/${'ä'.repeat(100)}.jpg`;
    const path = await tar(
      'x.tar',
      { [name]: body('long'), 'short.jpg': body('short') },
      `--format=${format}`,
    );
    const records = await readSource(path);
    expect(records.map(({ path: found }) => found)).toEqual([`x.tar/${name}`, 'x.tar/short.jpg']);
    expect(await Promise.all(records.map(textOf))).toEqual([body('long'), body('short')]);
  });

  it('leave out folders, links, hidden files and what has no extension', async () => {
    await put({ 'd/1.jpg': 'one', 'd/.hidden.jpg': '', 'd/LICENSE': 'free', 'd/._1.jpg': 'resource fork' });
    await run('ln', ['-s', '1.jpg', join(members, 'd/2.jpg')]);
    const path = join(directory.path, 'x.tar');
    await run('tar', ['--create', '--sort=name', '--file', path, '--directory', members, './d']);
    expect((await readSource(path)).map(({ key }) => key)).toEqual(['x/d/1']);
  });

  it('give a sample with a key that an earlier one has another', async () => {
    const path = await tar('x.tar', { 'a.jpg': '1', 'b.jpg': '2' });
    await run('tar', ['--append', '--file', path, '--directory', members, 'a.jpg']);
    expect((await readSource(path)).map(({ key }) => key)).toEqual(['x/a', 'x/b', 'x/a#2']);
  });

  it('make the error of its row of JSON that is none', async () => {
    const path = await tar('x.tar', { 'a.jpg': '1', 'a.json': '{"width":', 'b.jpg': '2' });
    const [first, second] = await readSource(path);
    expect(first?.image).toMatchObject({ kind: 'missing', code: 'file_invalid' });
    expect(first?.image).toHaveProperty('message', expect.stringContaining('a.json is not JSON'));
    expect(second?.image.kind).toBe('part');
  });

  it('are shards, by range of numbers, in order and under names of their own', async () => {
    for (const number of ['00008', '00009', '00010']) {
      await tar(`train/${number}.tar`, { [`${number}.jpg`]: body(number) });
    }
    await tar('val/00008.tar', { 'v.jpg': body('v') });
    const shardsOf = async (pattern: string) => {
      const source = await openSource(join(directory.path, pattern), { buckets: NO_BUCKETS });
      const shards = await collect(source.shards?.() ?? expect.fail('there are no shards'));
      return Promise.all(
        shards.map(async ({ name, records }) => [name, (await collect(records)).map(({ key }) => key)]),
      );
    };
    expect(await shardsOf('train/{00008..00010}.tar')).toEqual([
      ['00008', ['00008/00008']],
      ['00009', ['00009/00009']],
      ['00010', ['00010/00010']],
    ]);
    expect(await shardsOf('*/0*8.tar')).toEqual([
      ['train_00008', ['train/00008/00008']],
      ['val_00008', ['val/00008/v']],
    ]);
    expect((await readSource(directory.path + '/train')).map(({ key }) => key)).toEqual([
      '00008/00008',
      '00009/00009',
      '00010/00010',
    ]);
  });

  it('say which one of a range is not there, and go on', async () => {
    await tar('0.tar', { 'a.jpg': 'a' });
    await tar('2.tar', { 'c.jpg': 'c' });
    const records = await readSource(join(directory.path, '{0..2}.tar'));
    expect(records.map(({ key }) => key)).toEqual(['0/a', '1/#damaged', '2/c']);
    expect(records[1]?.image).toMatchObject({ kind: 'missing', code: 'file_invalid' });
    expect(records[1]?.image).toHaveProperty(
      'message',
      expect.stringContaining('1.tar cannot be read: ENOENT'),
    );
  });
});

describe('a tar that is damaged', () => {
  // Each takes a header of 512 bytes and four blocks.
  const content = { 'a.jpg': body('a', 2000), 'b.jpg': body('b', 2000), 'c.jpg': body('c', 2000) };

  // Members of the sample before the cut may be lost: it is not given.
  it.each([
    [600, [], 'the tar is cut off at byte 600, within a.jpg'],
    [2560, [], 'the tar is cut off at byte 2560'],
    [5120, ['x/a'], 'the tar is cut off at byte 5120'],
    [5300, ['x/a'], 'the tar is cut off at byte 5300'],
    [7000, ['x/a'], 'the tar is cut off at byte 7000, within c.jpg'],
    [7680, ['x/a', 'x/b'], 'the tar is cut off at byte 7680'],
  ])('at byte %d ends with a record that says where', async (bytes, keys, reason) => {
    const path = await tar('x.tar', content);
    await tar('y.tar', { 'd.jpg': 'd' });
    await truncate(path, bytes);
    const records = await readSource(join(directory.path, '{x,y}.tar'));
    expect(records.map(({ key }) => key)).toEqual([...keys, 'x/#damaged', 'y/d']);
    const damaged = records[keys.length];
    expect(damaged?.image).toHaveProperty('message', `${path} cannot be read: ${reason}`);
  });

  it('in a header ends where the header is', async () => {
    const path = await tar('x.tar', content);
    const file = await open(path, 'r+');
    await file.write('X', 5120 + 3);
    await file.close();
    const records = await readSource(path);
    expect(records.map(({ key }) => key)).toEqual(['x/a', 'x/#damaged']);
    expect(records[1]?.image).toHaveProperty('message', expect.stringContaining('damaged at byte 5120'));
  });

  it('from its beginning on is refused at once', async () => {
    const path = join(directory.path, 'x.tar');
    await writeFile(path, body('no tar at all', 5000));
    await expect(readSource(path)).rejects.toThrow(`${path} cannot be read: the tar is damaged at byte 0`);
  });
});

describe('readPlace', () => {
  it('refuses a part that has too many bytes, and one that is no longer there', async () => {
    const path = await tar('x.tar', { 'a.jpg': body('a', 2000) });
    const [record] = await readSource(path);
    if (record?.image.kind !== 'part') return expect.fail('there is no part');
    await expect(readPlace(record.image, { ...READING, maxBytes: 1999 })).rejects.toMatchObject({
      code: 'image_too_large',
      bytes: 2000,
    });
    await truncate(path, 1000);
    await expect(readPlace(record.image, READING)).rejects.toMatchObject({ code: 'image_not_found' });
  });
});

it('reads headers and skips what lies between them', async () => {
  const path = await tar('x.tar', { 'a.jpg': '1', 'b.jpg': '2' });
  // A hole of 20 GB within a member: reading it all would take minutes.
  const bytes = await readFile(path);
  const header = Buffer.from(bytes.subarray(0, 512));
  const length = 20 * 1024 ** 3;
  header.write('\x80\0\0\0', 124, 'latin1');
  header.writeBigUInt64BE(BigInt(length), 128);
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  await writeFile(path, header);
  await truncate(path, 512 + length);
  await appendFile(path, bytes.subarray(1024));
  expect((await stat(path)).size).toBeGreaterThan(length);
  const records = await readSource(path);
  expect(records.map(({ key }) => key)).toEqual(['x/a', 'x/b']);
  expect(records[1] && (await textOf(records[1]))).toBe('2');
});
