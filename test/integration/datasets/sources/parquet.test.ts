import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openSource } from '@tessera/datasets';
import { temporaryDirectory, type TemporaryDirectory } from '@tessera/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NO_BUCKETS, readSource } from './read-source.js';

/** Written by tools/make-parquet-fixtures.py. */
const fixture = (name: string) => join(fileURLToPath(new URL('parquet/', import.meta.url)), name);

let directory: TemporaryDirectory;
beforeEach(async () => {
  directory = await temporaryDirectory('tessera-parquet');
});
afterEach(() => directory.remove());

describe('a Parquet file', () => {
  it('gives values of every type as JSON has them', async () => {
    const [values, nulls] = await readSource(fixture('types.parquet'));
    expect(Object.entries(values?.columns ?? {})).toEqual([
      ['url', 'https://example.com/1.jpg'],
      ['word', 'cat'],
      ['int8', -7],
      ['int64', 9007199254740991],
      ['large', '9007199254740993'],
      ['uint64', '18446744073709551615'],
      ['float', 0.5],
      ['double', -1.25],
      ['nan', null],
      ['flag', true],
      ['day', '2024-05-06'],
      ['moment', '2024-05-06T07:08:09.123Z'],
      ['price', 12.34],
      ['text_bytes', 'täxt'],
      ['bytes', '/wD+'],
      ['tags', ['a', 'b']],
      ['box', { x: 3, label: 'c' }],
      ['sizes', { w: 4, h: 5 }],
    ]);
    expect(values?.image).toEqual({ kind: 'url', url: 'https://example.com/1.jpg' });
    expect(new Set(Object.values(nulls?.columns ?? {}))).toEqual(new Set([null]));
    expect(nulls?.image).toEqual({
      kind: 'missing',
      code: 'missing_required_parameter',
      message: 'row 2: the column url names no image',
    });
  });

  it.each(['none', 'snappy', 'gzip', 'brotli', 'lz4', 'zstd'])('is read when packed by %s', async (codec) => {
    const records = await readSource(fixture(`codec-${codec}.parquet`));
    expect(records.map(({ path }) => path)).toEqual(
      Array.from({ length: 50 }, (_, row) => `folder/picture-${row % 3}.jpg`),
    );
  });

  it('has its rows in order over all groups, and tells their number before', async () => {
    const records = await readSource(fixture('groups.parquet'));
    expect(records.map(({ path, columns }) => [path, columns['n']])).toEqual(
      Array.from({ length: 1000 }, (_, row) => [`${row}.jpg`, row]),
    );
    const source = await openSource(fixture('*s.parquet'), { buckets: NO_BUCKETS });
    expect(await source.knownCount()).toBe(1000 + 3 + 2 + 2);
  });

  it('has images in its rows as Hugging Face writes them', async () => {
    const [first, second, third] = await readSource(fixture('images.parquet'));
    expect(first).toMatchObject({ path: 'a.png', columns: { image: 'a.png', label: 'ten' } });
    expect(second).toMatchObject({ path: '', columns: { image: null, label: 'twenty' } });
    for (const record of [first, second]) {
      if (record?.image.kind !== 'bytes') return expect.fail('the image is not in its row');
      expect(Buffer.from(record.image.bytes.subarray(0, 4)).toString('latin1')).toBe('\x89PNG');
    }
    expect(third?.image).toMatchObject({ kind: 'missing' });
  });

  it('has images in a column of bytes, and paths there too', async () => {
    const [bytes, path] = await readSource(fixture('raw-images.parquet'));
    expect(bytes?.image.kind).toBe('bytes');
    expect(bytes?.columns).toEqual({ image: null, label: 'bytes' });
    expect(path?.image).toEqual({ kind: 'file', path: fixture('folder/b.png') });
  });

  it('that is cut off or no Parquet is refused', async () => {
    const bytes = await readFile(fixture('groups.parquet'));
    for (const content of [
      Buffer.alloc(0),
      Buffer.from('PAR1'),
      bytes.subarray(0, -10),
      Buffer.alloc(5000, 7),
    ]) {
      const path = join(directory.path, 'x.parquet');
      await writeFile(path, content);
      await expect(readSource(path)).rejects.toMatchObject({ code: 'file_invalid', file: path });
    }
  });

  it('that is damaged inside gives the groups before', async () => {
    const bytes = await readFile(fixture('groups.parquet'));
    // In the middle, about where the sixth of ten groups is.
    bytes.fill(0xee, 4300, 4500);
    const path = join(directory.path, 'x.parquet');
    await writeFile(path, bytes);
    const records = await readSource(path);
    expect(records.at(-1)).toMatchObject({ key: '#damaged', image: { code: 'file_invalid' } });
    expect(records.slice(0, -1).map(({ path: name }) => name)).toEqual(
      records.slice(0, -1).map((_, row) => `${row}.jpg`),
    );
    expect((records.length - 1) % 100).toBe(0);
    expect(records.length).toBeGreaterThan(100);
  });

  it('makes an ImageFolder as metadata.parquet', async () => {
    await mkdir(join(directory.path, 'train'));
    await copyFile(fixture('groups.parquet'), join(directory.path, 'train/metadata.parquet'));
    const [first] = await readSource(directory.path, { imageColumn: 'path' });
    expect(first).toMatchObject({
      key: 'train/0.jpg',
      image: { kind: 'file', path: join(directory.path, 'train/0.jpg') },
    });
  });
});
