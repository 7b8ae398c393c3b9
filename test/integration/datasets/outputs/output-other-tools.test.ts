import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';
import { type DatasetRow, openOutput, type OutputOptions } from '@tessera/datasets';
import { temporaryDirectory, type TemporaryDirectory } from '@tessera/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { captioned, failed } from './output-rows.js';

const run = promisify(execFile);

/** Two shards, the second of which has nothing in many of its columns. */
const SHARDS: DatasetRow[][] = [
  [
    captioned('a.jpg', { caption: 'two\nlines, "quoted"', carried: { url: 'http://a/', similarity: 0.25 } }),
    captioned('b.jpg', { caption: '', carried: { url: '', similarity: null } }),
  ],
  [failed('ü.jpg', { carried: { caption: 'by hand' } })],
];
const CARRIED = ['url', 'similarity', 'caption'];
const COLUMNS =
  'key path prompt caption status error_code error_message sha256 width height tiles finish_reason prompt_tokens ' +
  'completion_tokens model model_revision timings created_at url similarity source_caption';

describe('other programs', () => {
  let directory: TemporaryDirectory;
  beforeAll(async () => {
    directory = await temporaryDirectory('tessera-outputs');
  });
  afterAll(() => directory.remove());

  const write = async (name: string, options: Partial<OutputOptions> = {}) => {
    const uri = join(directory.path, name);
    const output = await openOutput(uri, { carried: CARRIED, ...options });
    const readImage = async ({ key }: DatasetRow) =>
      key === 'a.jpg' ? { bytes: Buffer.alloc(700, 'pixels'), extension: 'JPG' } : undefined;
    for (const [index, rows] of SHARDS.entries())
      await output.writeShard({ name: `0000${index}`, rows, readImage });
    await output.finish();
    return uri;
  };

  it.each(['captions.parquet', 'captions.csv', 'captions.csv.gz', 'captions.jsonl', 'captions.jsonl.gz'])(
    'read %s: DuckDB finds the rows in their order',
    async (name) => {
      const uri = await write(name);
      // DuckDB would take an empty text for nothing even where it is quoted.
      const table = name.includes('csv') ? `read_csv('${uri}', allow_quoted_nulls = false)` : `'${uri}'`;
      const rows = await query(`select key, caption, status, width, url, source_caption from ${table}`);
      expect(rows).toEqual(
        [
          {
            key: 'a.jpg',
            caption: 'two\nlines, "quoted"',
            status: 'completed',
            width: 640,
            url: 'http://a/',
            source_caption: null,
          },
          { key: 'b.jpg', caption: '', status: 'completed', width: 640, url: '', source_caption: null },
          {
            key: 'ü.jpg',
            caption: null,
            status: 'failed',
            width: null,
            url: null,
            source_caption: 'by hand',
          },
        ].map((row) => ({
          ...row,
          width: name.endsWith('parquet') || row.width === null ? row.width : String(row.width),
        })),
      );
    },
  );

  it('find typed columns in Parquet, the same in every shard', async () => {
    const folder = await write('shards', { form: 'parquet' });
    const described = await Promise.all(
      ['00000', '00001'].map((shard) => query(`describe select * from '${join(folder, shard)}.parquet'`)),
    );
    expect(described[1]).toEqual(described[0]);
    const types = Object.fromEntries<unknown>(
      (described[0] ?? []).map(({ column_name, column_type }) => [String(column_name), column_type]),
    );
    expect(Object.keys(types)).toEqual(COLUMNS.split(' '));
    expect(types).toMatchObject({
      key: 'VARCHAR',
      width: 'INTEGER',
      tiles: 'INTEGER',
      similarity: 'VARCHAR',
    });
    expect(types).toMatchObject({
      timings: 'JSON',
      created_at: expect.stringMatching(/^TIMESTAMP/) as string,
    });
    const [row] = await query(
      `select timings->>'total_ms' as ms, epoch_ms(created_at) as at from '${folder}/*.parquet' where key = 'a.jpg'`,
    );
    expect(row).toEqual({ ms: '12.5', at: String(Date.parse('2026-01-02T03:04:05.678Z')) });
    const compressions = await query(
      `select distinct compression from parquet_metadata('${folder}/00000.parquet')`,
    );
    expect(compressions).toEqual([{ compression: 'SNAPPY' }]);
  });

  it('read the columns in their order, with prompt_index where there are several prompts', async () => {
    const header = async (options: Partial<OutputOptions>, name: string) =>
      (await readFile(await write(name, options), 'utf8')).split('\r\n')[0]?.replaceAll(',', ' ');
    expect(await header({}, 'one.csv')).toBe(COLUMNS);
    expect(await header({ severalPrompts: true }, 'several.csv')).toBe(
      COLUMNS.replace('prompt ', 'prompt prompt_index '),
    );
    expect(await header({ omitVolatile: true, carried: [] }, 'same.csv')).toBe(
      COLUMNS.slice(0, COLUMNS.indexOf(' timings')),
    );
  });

  it.each(['captions.jsonl.gz', 'captions.csv.gz'])('unpack %s: gzip finds nothing wrong', async (name) => {
    const uri = await write(name);
    await run('gzip', ['-t', uri]);
    const { stdout } = await run('gzip', ['-dc', uri]);
    expect(stdout).toBe(await readFile(await write(name.replace('.gz', '')), 'utf8'));
  });

  it('unpack a gzipped file of no rows', async () => {
    const uri = join(directory.path, 'empty.jsonl.gz');
    await (await openOutput(uri, { carried: [] })).finish();
    await run('gzip', ['-t', uri]);
  });

  it('list a tar: GNU tar finds the members of a sample side by side, with nothing of this moment in them', async () => {
    const folder = await write('tars', { form: 'webdataset' });
    const { stdout } = await run('tar', ['--utc', '--numeric-owner', '-tvf', join(folder, '00000.tar')]);
    const members = stdout
      .trim()
      .split('\n')
      .map((line) => line.replace(/ +/g, ' '));
    expect(members).toEqual([
      '-rw-r--r-- 0/0 700 1970-01-01 00:00 a.jpg',
      '-rw-r--r-- 0/0 19 1970-01-01 00:00 a.txt',
      expect.stringMatching(/^-rw-r--r-- 0\/0 \d+ 1970-01-01 00:00 a\.json$/),
      '-rw-r--r-- 0/0 0 1970-01-01 00:00 b.txt',
      expect.stringMatching(/ b\.json$/),
    ]);
  });

  it('unpack a tar: a failed row has an empty text, and its reason beside it', async () => {
    const tar = join(await write('failed-tars', { form: 'webdataset' }), '00001.tar');
    const show = async (member: string) => (await run('tar', ['-xOf', tar, member])).stdout;
    expect(await show('ü.txt')).toBe('');
    expect(JSON.parse(await show('ü.json'))).toMatchObject({
      status: 'failed',
      error_code: 'image_unreadable',
    });
  });

  it.each(['captions.jsonl.gz', 'captions.csv', 'captions.parquet', 'tars'])(
    'find the same bytes in %s twice',
    async (name) => {
      const options: Partial<OutputOptions> = name === 'tars' ? { form: 'webdataset' } : {};
      const [first, second] = [await write(`1-${name}`, options), await write(`2-${name}`, options)];
      const file = (uri: string) => readFile(name === 'tars' ? join(uri, '00000.tar') : uri);
      expect(await file(first)).toEqual(await file(second));
    },
  );
});

async function query(sql: string): Promise<Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    return (await connection.runAndReadAll(sql)).getRowObjectsJson();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
