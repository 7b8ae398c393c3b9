import { execFile } from 'node:child_process';
import { mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { SourceRecord } from '@tessera/datasets';
import { temporaryDirectory, type TemporaryDirectory } from '@tessera/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSource, type TestOptions } from './read-source.js';

const run = promisify(execFile);

let directory: TemporaryDirectory;
beforeEach(async () => {
  directory = await temporaryDirectory('tessera-lists');
});
afterEach(() => directory.remove());

const at = (...names: string[]) => join(directory.path, ...names);

async function put(name: string, content: string | Uint8Array): Promise<string> {
  await mkdir(dirname(at(name)), { recursive: true });
  await writeFile(at(name), content);
  return at(name);
}

async function read(name: string, content: string | Uint8Array, options?: TestOptions) {
  return readSource(await put(name, content), options);
}

const reasonOf = ({ image }: SourceRecord) => (image.kind === 'missing' ? image.message : undefined);
const file = (...names: string[]) => ({ kind: 'file', path: at(...names) });

describe('a list of JSON lines', () => {
  it('gives every row with all its columns in order, paths from the folder of the list on', async () => {
    const lines = [
      '{"id":7,"image":"a/1.jpg","tags":["x"],"size":{"w":3}}',
      '{"image":"/data/2.jpg","id":8}',
      '',
      '{"image":"https://example.com/3.jpg?x=1"}',
      '{"image":"s3://bucket/deep/4.jpg"}',
      '{"image":{"path":"5.jpg"}}',
    ];
    const records = await read('l/list.jsonl', lines.join('\r\n'));
    expect(records.map(({ image }) => image)).toEqual([
      file('l/a/1.jpg'),
      { kind: 'file', path: '/data/2.jpg' },
      { kind: 'url', url: 'https://example.com/3.jpg?x=1' },
      { kind: 's3', bucket: 'bucket', key: 'deep/4.jpg' },
      file('l/5.jpg'),
    ]);
    expect(records[0]).toMatchObject({ key: '000000000', path: 'a/1.jpg' });
    expect(Object.entries(records[0]?.columns ?? {})).toEqual([
      ['id', 7],
      ['image', 'a/1.jpg'],
      ['tags', ['x']],
      ['size', { w: 3 }],
    ]);
  });

  it('makes the error of its row of a line that cannot be used', async () => {
    const lines = [
      '{"image":"1.jpg"}',
      '{"image":',
      '[1]',
      '{"other":1}',
      '{"image":null}',
      '{"image":"6.jpg"}',
    ];
    const broken = Buffer.from('{"image":"\xff.jpg"}', 'latin1');
    const records = await read('list.jsonl', Buffer.concat([Buffer.from(`${lines.join('\n')}\n`), broken]));
    expect(records.map(reasonOf)).toEqual([
      undefined,
      expect.stringContaining('line 2: it is not JSON: '),
      'line 3: it is no JSON object',
      'line 4: no column is known to name images; say which does. Columns: other',
      'line 5: the column image names no image',
      undefined,
      'line 7: it is not UTF-8',
    ]);
    expect(records.map(({ key }) => key)).toEqual([0, 1, 2, 3, 4, 5, 6].map((row) => `00000000${row}`));
  });

  it('takes the first column of images that has a value, or the one that is asked for', async () => {
    const content = '{"image_url":"u.jpg","image":null,"photo":"p.jpg"}';
    expect(await read('list.jsonl', content)).toMatchObject([{ path: 'u.jpg' }]);
    expect(await read('list.jsonl', content, { imageColumn: 'photo' })).toMatchObject([{ path: 'p.jpg' }]);
  });

  it('has the keys of a column, made unique by the number of the row', async () => {
    const lines = ['a', 'b', 'a', 3, null].map((id) => JSON.stringify({ id, image: `${id}.jpg` }));
    const records = await read('list.jsonl', lines.join('\n'), { keyColumn: 'id' });
    expect(records.map(({ key }) => key)).toEqual(['a', 'b', 'a#2', '3', '000000004']);
    expect(records.map(reasonOf)[4]).toBe('line 5: the column id has no key');
  });

  it('keeps this machine’s files to itself where they may not be read', async () => {
    await expect(read('list.jsonl', '{"image":"1.jpg"}', { allowLocalFiles: false })).rejects.toThrow(
      'only s3:// places',
    );
  });
});

describe('a CSV', () => {
  it('has quotes, line breaks in cells, a byte order mark and CRLF as spreadsheets write them', async () => {
    const content =
      '\ufeffurl,"text, long",n\r\nhttp://x/1.jpg,"a ""b""\nc",1\r\n\r\nhttp://x/2.jpg,,"2"\r\nhttp://x/3.jpg,5" wide,3';
    const records = await read('list.csv', content);
    expect(records.map(({ columns }) => columns)).toEqual([
      { url: 'http://x/1.jpg', 'text, long': 'a "b"\nc', n: '1' },
      { url: 'http://x/2.jpg', 'text, long': null, n: '2' },
      { url: 'http://x/3.jpg', 'text, long': '5" wide', n: '3' },
    ]);
    expect(records[1]?.image).toEqual({ kind: 'url', url: 'http://x/2.jpg' });
  });

  it('makes the error of its row of a line with too few or too many cells', async () => {
    const records = await read('list.csv', 'path,n\n1.jpg,1\n2.jpg\n3.jpg,3,3\n4.jpg,4\n');
    expect(records.map(reasonOf)).toEqual([
      undefined,
      'line 3: it has 1 cells; there are 2 columns',
      'line 4: it has 3 cells; there are 2 columns',
      undefined,
    ]);
  });

  it('names columns without a name, and those that share one', async () => {
    const records = await read('list.csv', ',path,n,n\n0,1.jpg,1,2\n');
    expect(records[0]?.columns).toEqual({ column_1: '0', path: '1.jpg', n: '1', n_2: '2' });
  });

  it('takes names, delimiter and quotes from the options', async () => {
    const columns = ['caption', 'url'];
    const content = '"hello" says\thttp://x/1.jpg\n"never closed\thttp://x/2.jpg\n';
    const records = await read('cc3m.tsv', content, { columns, quotes: false });
    expect(records.map((record) => record.columns)).toEqual([
      { caption: '"hello" says', url: 'http://x/1.jpg' },
      { caption: '"never closed', url: 'http://x/2.jpg' },
    ]);
    const semicolons = await read('x.csv', 'path;n\n1.jpg;2\n', { delimiter: ';' });
    expect(semicolons[0]?.columns).toEqual({ path: '1.jpg', n: '2' });
  });

  it('ends with a record that says so where a quote is never closed', async () => {
    const records = await read('list.csv', 'path,n\n1.jpg,1\n2.jpg,2\n3.jpg,"3\n4.jpg,4\n');
    expect(records.map(({ path }) => path)).toEqual(['1.jpg', '2.jpg', at('list.csv')]);
    expect(reasonOf(records[2] ?? expect.fail())).toContain('behind line 3, a double quote opens a cell');
  });

  it('without a column for images is refused at once, with those it has', async () => {
    await expect(read('list.csv', 'a,b\n1,2\n')).rejects.toThrow(
      `${at('list.csv')} cannot be read: no column is known to name images; say which does. Columns: a, b`,
    );
    await expect(read('list.csv', 'a,path\n1,2\n', { imageColumn: 'c' })).rejects.toThrow(
      'there is no column c',
    );
    await expect(read('list.csv', 'a,path\n1,2\n', { keyColumn: 'c' })).rejects.toThrow(
      'there is no column c',
    );
  });
});

describe('a list of text', () => {
  it('has one path or URL a line', async () => {
    const records = await read(
      'list.txt',
      '\ufeffa b.jpg\r\n\r\n  http://x/1.jpg \nftp://x/2.jpg\nfile:///a%20b.jpg',
    );
    expect(records.map(({ path }) => path)).toEqual([
      'a b.jpg',
      'http://x/1.jpg',
      'ftp://x/2.jpg',
      'file:///a%20b.jpg',
    ]);
    expect(records.map(({ image }) => image)).toEqual([
      file('a b.jpg'),
      { kind: 'url', url: 'http://x/1.jpg' },
      expect.objectContaining({ kind: 'missing', code: 'image_url_invalid' }),
      { kind: 'file', path: '/a b.jpg' },
    ]);
  });
});

describe('a list that is packed by gzip', () => {
  const csv = `path,n\n${Array.from({ length: 20_000 }, (_, row) => `${row}.jpg,${row * 7919}`).join('\n')}\n`;
  const jsonl = `${Array.from({ length: 20_000 }, (_, row) => JSON.stringify({ path: `${row}.jpg`, n: row * 7919 })).join('\n')}\n`;

  it.each([
    ['csv', csv],
    ['jsonl', jsonl],
    ['txt', csv],
    ['tsv', csv.replaceAll(',', '\t')],
  ])('is read as it is unpacked: %s', async (extension, content) => {
    const plain = await read(`plain.${extension}`, content);
    await put(`list.${extension}`, content);
    await run('gzip', [at(`list.${extension}`)]);
    // Comparing as objects takes seconds.
    expect(JSON.stringify(await readSource(at(`list.${extension}.gz`)))).toBe(JSON.stringify(plain));
  });

  it('in several pieces is read to its end', async () => {
    await put('1.txt', 'a.jpg\n');
    await put('2.txt', 'b.jpg\n');
    await run('gzip', [at('1.txt'), at('2.txt')]);
    const both = Buffer.concat([await readFile(at('1.txt.gz')), await readFile(at('2.txt.gz'))]);
    expect((await read('both.txt.gz', both)).map(({ path }) => path)).toEqual(['a.jpg', 'b.jpg']);
  });

  it.each([
    ['csv', csv],
    ['jsonl', jsonl],
  ])('and cut off gives the rows before the cut and says where: %s', async (extension, content) => {
    await put(`list.${extension}`, content);
    await run('gzip', [at(`list.${extension}`)]);
    const path = at(`list.${extension}.gz`);
    await truncate(path, 30_000);
    const records = await readSource(path);
    const rows = records.slice(0, -1);
    expect(rows.length).toBeGreaterThan(1000);
    expect(rows.every(({ path: name, image }, row) => name === `${row}.jpg` && image.kind === 'file')).toBe(
      true,
    );
    const last = records.at(-1) ?? expect.fail();
    expect(last.key).toBe('#damaged');
    expect(reasonOf(last)).toBe(
      `${path} cannot be read: its gzip data is cut off within the first 30000 bytes`,
    );
  });

  it('and damaged says so', async () => {
    await put('list.txt', csv);
    await run('gzip', [at('list.txt')]);
    const bytes = await readFile(at('list.txt.gz'));
    bytes.fill(0xff, 40_000, 40_100);
    const records = await read('list.txt.gz', bytes);
    expect(records.length).toBeGreaterThan(1000);
    expect(reasonOf(records.at(-1) ?? expect.fail())).toMatch(
      /its gzip data is damaged \(.+\) within the first \d+ bytes/,
    );
  });
});

describe('several lists', () => {
  it('have keys that begin with their names, and one that cannot be read is one record', async () => {
    await put('lists/b.csv', 'path\n1.jpg\n2.jpg\n');
    await put('lists/a.csv', 'path\n0.jpg\n');
    await put('lists/c.csv', 'nothing\n0.jpg\n');
    const records = await readSource(at('lists'));
    expect(records.map(({ key }) => key)).toEqual([
      'a.csv/000000000',
      'b.csv/000000000',
      'b.csv/000000001',
      'c.csv/#damaged',
    ]);
    expect(reasonOf(records[3] ?? expect.fail())).toContain('no column is known to name images');
  });
});

describe('an ImageFolder', () => {
  it.each([
    ['metadata.jsonl', '{"file_name":"a/1.png","text":"one"}\n{"file_name":"a/1.png","text":"two"}\n'],
    ['metadata.csv', 'file_name,text\na/1.png,one\na/1.png,two\n'],
  ])('has the images that %s names, by their paths', async (name, content) => {
    await put('data/train/a/1.png', '');
    await put('data/train/a/2.png', '');
    await put(`data/train/${name}`, content);
    const records = await readSource(at('data'));
    expect(records).toEqual([
      {
        key: 'train/a/1.png',
        path: 'a/1.png',
        image: file('data/train/a/1.png'),
        columns: { file_name: 'a/1.png', text: 'one' },
      },
      {
        key: 'train/a/1.png#1',
        path: 'a/1.png',
        image: file('data/train/a/1.png'),
        columns: { file_name: 'a/1.png', text: 'two' },
      },
    ]);
  });
});
