import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CarriedColumnsUnknownError,
  openOutput,
  OutputDamagedError,
  OutputForeignError,
  OutputFormUnknownError,
  type OutputOptions,
  ShardNameInvalidError,
  ShardNotFoundError,
} from '@tessera/datasets';
import { temporaryDirectory, type TemporaryDirectory } from '@tessera/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { captioned, failed, readRows, shardOf } from './output-rows.js';

describe('an output', () => {
  let directory: TemporaryDirectory;
  beforeEach(async () => {
    directory = await temporaryDirectory('tessera-outputs');
  });
  afterEach(() => directory.remove());

  const at = (name: string) => join(directory.path, name);
  const open = (name: string, options: Partial<OutputOptions> = {}) =>
    openOutput(at(name), { carried: [], ...options });
  const keysIn = async (name: string) =>
    (await readFile(at(name), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { key: string }).key);

  it('says what is there of each shard', async () => {
    const output = await open('out', { form: 'parquet' });
    await output.writeShard(shardOf('00010', [failed('a'), failed('b')]));
    await output.writeShard(
      shardOf('00009', [failed('c'), captioned('d'), captioned('e', { status: 'skipped_duplicate' })]),
    );
    await output.writeShard(shardOf('100000', []));
    const states = [
      { name: '00009', rows: 3, completed: 1, failed: 1, skipped: 1, isAllFailed: false },
      { name: '00010', rows: 2, completed: 0, failed: 2, skipped: 0, isAllFailed: true },
      { name: '100000', rows: 0, completed: 0, failed: 0, skipped: 0, isAllFailed: false },
    ];
    expect(await (await open('out', { form: 'parquet' })).shards()).toEqual(states);
    expect(JSON.parse(await readFile(at('out/00009_stats.json'), 'utf8'))).toMatchObject({
      count: 3,
      successes: 1,
      failed: 1,
      status_dict: { completed: 1, image_unreadable: 1, skipped_duplicate: 1 },
    });
  });

  it('is one file once it is finished, and its parts are gone', async () => {
    const output = await open('captions.jsonl');
    await output.writeShard(shardOf('00001', [captioned('b')]));
    await output.writeShard(shardOf('00000', [captioned('a')]));
    expect((await readdir(at('captions.jsonl.parts'))).sort()).toContain('00000.jsonl');
    await output.finish();
    expect(await keysIn('captions.jsonl')).toEqual(['a', 'b']);
    expect((await readdir(directory.path)).sort()).toEqual(['.tessera', 'captions.jsonl']);
  });

  it.each(['captions.jsonl', 'captions.csv.gz', 'captions.parquet'])(
    'is gone on with after it was finished: %s',
    async (name) => {
      const output = await open(name, { omitVolatile: true });
      await output.writeShard(shardOf('00000', [captioned('a'), failed('b')]));
      await output.writeShard(shardOf('00001', [captioned('c')]));
      await output.finish();
      const again = await open(name, { omitVolatile: true });
      expect((await readRows(again, '00001')).map(({ key }) => key)).toEqual(['c']);
      await again.writeShard(shardOf('00000', [captioned('a'), captioned('b')]));
      expect((await readRows(again, '00000')).map(({ status }) => status)).toEqual([
        'completed',
        'completed',
      ]);
      await again.writeShard(shardOf('00002', [captioned('d')]));
      await again.finish();
      const last = await open(name, { omitVolatile: true });
      expect((await last.shards()).map(({ name: shard, failed: count }) => [shard, count])).toEqual([
        ['00000', 0],
        ['00001', 0],
        ['00002', 0],
      ]);
      expect((await readRows(last, '00002')).map(({ key }) => key)).toEqual(['d']);
    },
  );

  it('leaves what another program wrote, unless it is to be overwritten', async () => {
    await writeFile(at('captions.jsonl'), '{"mine":1}\n');
    await writeFile(at('metadata.jsonl'), '{"file_name":"a.jpg"}\n');
    for (const name of ['captions.jsonl', 'metadata.jsonl']) {
      await expect(open(name)).rejects.toBeInstanceOf(OutputForeignError);
      const output = await open(name, { overwrite: true });
      expect(await readFile(at(name), 'utf8')).toMatch(/mine|file_name/);
      await output.finish();
      expect(await readFile(at(name), 'utf8')).toBe('');
    }
  });

  it('leaves a folder of shards in another form, or marks of another program', async () => {
    await (await open('out', { form: 'parquet' })).writeShard(shardOf('00000', [captioned('a')]));
    await expect(open('out', { form: 'jsonl' })).rejects.toBeInstanceOf(OutputForeignError);
    await expect(open('out', { form: 'jsonl', overwrite: true })).rejects.toBeInstanceOf(OutputForeignError);
    await writeFile(at('00000_stats.json'), '{"count":1,"successes":1}');
    await expect(open('.', { form: 'webdataset' })).rejects.toBeInstanceOf(OutputForeignError);
  });

  it('is not gone on with under other columns', async () => {
    await (await open('captions.csv')).writeShard(shardOf('00000', [captioned('a')]));
    await expect(open('captions.csv', { carried: ['url'] })).rejects.toThrow(
      /its columns are .*created_at; those .*, url$/,
    );
    const output = await open('captions.csv', { carried: ['url'], overwrite: true });
    expect(await output.shards()).toEqual([]);
  });

  it('refuses what it cannot write, and makes nothing then', async () => {
    await expect(open('new/folder')).rejects.toBeInstanceOf(OutputFormUnknownError);
    await expect(open('new/a.csv', { form: 'jsonl' })).rejects.toBeInstanceOf(OutputFormUnknownError);
    await expect(open('new/a.csv', { carried: 'all' })).rejects.toBeInstanceOf(CarriedColumnsUnknownError);
    await expect(openOutput('s3:///a.csv', { carried: [] })).rejects.toBeInstanceOf(OutputFormUnknownError);
    expect(await readdir(directory.path)).toEqual([]);
    const output = await open('out', { form: 'jsonl' });
    for (const name of ['', '../a', 'a/b', '.a', 'a_stats']) {
      await expect(output.writeShard(shardOf(name, []))).rejects.toBeInstanceOf(ShardNameInvalidError);
    }
    await expect(readRows(output, '00000')).rejects.toBeInstanceOf(ShardNotFoundError);
  });

  it('says which file is damaged', async () => {
    const output = await open('out', { form: 'jsonl' });
    await output.writeShard(shardOf('00000', [captioned('a')]));
    const text = await readFile(at('out/00000.jsonl'), 'utf8');
    await writeFile(at('out/00000.jsonl'), text.replace('"completed"', '"completes"'));
    await expect(readRows(output, '00000')).rejects.toBeInstanceOf(OutputDamagedError);
  });

  it('of an image folder has a line for every caption, with the other columns after it', async () => {
    const output = await open('metadata.jsonl', { carried: 'all', omitVolatile: true });
    const carried = { text: 'by hand', tags: ['x'], file_name: 'a/b.png' };
    await output.writeShard(shardOf('00001', [captioned('z.png')]));
    await output.writeShard(
      shardOf('00000', [captioned('a/b.png', { caption: 'a cat', carried }), failed('c.png')]),
    );
    await output.finish();
    const lines = (await readFile(at('metadata.jsonl'), 'utf8')).trim().split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(
      /^{"file_name":"a\/b.png","text":"a cat","prompt":"What is this\?","status":"completed",/,
    );
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      source_text: 'by hand',
      tags: ['x'],
      source_file_name: 'a/b.png',
    });
    expect(lines[1]).toMatch(/^{"file_name":"z.png"/);
  });

  it('of tars holds each image once, with all its prompts', async () => {
    const output = await open('tars', { form: 'webdataset', severalPrompts: true });
    const rows = ['x/a.b.jpg', 'x/a_b.png'].flatMap((key) => [
      captioned(key, { prompt_index: 0 }),
      captioned(key, { prompt_index: 1 }),
    ]);
    let imageCount = 0;
    const readImage = async () => {
      imageCount += 1;
      return { bytes: Buffer.from('x'), extension: 'png' };
    };
    await output.writeShard({ name: 'b', rows, readImage });
    expect(imageCount).toBe(2);
    expect(await readRows(output, 'b')).toEqual(rows);
    expect((await readFile(at('tars/b.tar'))).toString('latin1')).toContain('x/a_b-2.2.json');
  });

  it('stops writing a shard whose image cannot be read now, and holds nothing of it', async () => {
    const output = await open('tars', { form: 'webdataset' });
    const readImage = async () => Promise.reject(new Error('the disk is gone'));
    await expect(output.writeShard({ name: 'b', rows: [captioned('a')], readImage })).rejects.toThrow(
      'the disk is gone',
    );
    expect((await readdir(at('tars'))).filter((name) => !name.startsWith('.'))).toEqual([]);
  });
});
