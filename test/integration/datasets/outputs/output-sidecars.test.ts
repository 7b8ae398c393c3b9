import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type DatasetRow, openOutput, type SidecarOptions } from '@tessera/datasets';
import { temporaryDirectory, type TemporaryDirectory } from '@tessera/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { captioned, failed, readRows, shardOf } from './output-rows.js';

describe('sidecars', () => {
  let directory: TemporaryDirectory;
  beforeEach(async () => {
    directory = await temporaryDirectory('tessera-sidecars');
  });
  afterEach(() => directory.remove());

  const open = (sidecar: SidecarOptions = {}) =>
    openOutput(directory.path, { form: 'sidecar', carried: 'all', severalPrompts: true, sidecar });
  const put = async (name: string, text: string) => {
    await mkdir(dirname(join(directory.path, name)), { recursive: true });
    await writeFile(join(directory.path, name), text);
  };
  const texts = async () => {
    const names = (await readdir(directory.path, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(directory.path.length + 1))
      .filter((name) => !name.startsWith('.tessera'));
    const contents = names
      .sort()
      .map(async (name) => [name, await readFile(join(directory.path, name), 'utf8')]);
    return Object.fromEntries(await Promise.all(contents)) as Record<string, string>;
  };
  const row = (key: string, caption: string, fields: Partial<DatasetRow> = {}) =>
    captioned(key, { caption, ...fields });

  it('are named as the images are, further prompts by their number; a failed row has none', async () => {
    const output = await open({ extension: '.caption' });
    const rows = [
      row('a.jpg', 'one', { prompt_index: 0 }),
      row('a.jpg', 'two', { prompt_index: 1 }),
      failed('b.jpg', { prompt_index: 0 }),
      row('deep/er.tar.gz', 'three', { prompt_index: 0 }),
    ];
    await output.writeShard(shardOf('00000', rows));
    expect(await texts()).toEqual({
      'a.caption': 'one',
      'a.2.caption': 'two',
      'deep/er.tar.caption': 'three',
    });
    expect(await readRows(output, '00000')).toEqual(rows);
  });

  it('stay where they are with skip, which is known before anything is asked', async () => {
    await put('a.txt', 'mine');
    const output = await open();
    expect(await output.hasCaption?.({ key: 'a.jpg' })).toBe(true);
    expect(await output.hasCaption?.({ key: 'a.jpg', prompt_index: 1 })).toBe(false);
    expect(await output.hasCaption?.({ key: 'b.jpg' })).toBe(false);
    const skipped = captioned('a.jpg', { caption: null, status: 'skipped_existing' });
    await output.writeShard(shardOf('00000', [skipped, row('b.jpg', 'new')]));
    expect(await texts()).toEqual({ 'a.txt': 'mine', 'b.txt': 'new' });
    expect(await output.shards()).toMatchObject([{ rows: 2, completed: 1, failed: 0, skipped: 1 }]);
  });

  it('are replaced with overwrite', async () => {
    await put('a.txt', 'mine');
    const output = await open({ onExisting: 'overwrite' });
    expect(await output.hasCaption?.({ key: 'a.jpg' })).toBe(false);
    await output.writeShard(shardOf('00000', [row('a.jpg', 'new'), failed('b.jpg')]));
    expect(await texts()).toEqual({ 'a.txt': 'new' });
  });

  it('are appended to once with append, however often the shard is written', async () => {
    await put('a.txt', 'mine\n');
    const write = async (caption: string) =>
      (await open({ onExisting: 'append', separator: ', ' })).writeShard(
        shardOf('00000', [row('a.jpg', caption), row('b.jpg', 'alone')]),
      );
    await write('new');
    await write('newer');
    expect(await texts()).toEqual({ 'a.txt': 'mine, newer', 'b.txt': 'alone' });
  });

  it('lie in the folder whatever the key says', async () => {
    const output = await open();
    const keys = [
      '../../etc/passwd',
      '/abs/a.jpg',
      'https://host:8080/p/b.jpg?x=1',
      `${'ü'.repeat(200)}.jpg`,
      'a\nb.jpg',
      '',
    ];
    await output.writeShard(
      shardOf(
        '00000',
        keys.map((key) => row(key, 'x')),
      ),
    );
    const names = Object.keys(await texts());
    expect(names).toHaveLength(keys.length);
    expect(names).toEqual(expect.arrayContaining(['__/__/etc/passwd.txt', 'abs/a.txt', 'a_b.txt', '_.txt']));
    expect(names).toContain('host:8080/p/b.jpg?x=1.txt');
  });

  it('of two endings do not know of each other', async () => {
    await (await open()).writeShard(shardOf('00000', [row('a.jpg', 'text')]));
    const output = await open({ extension: '.caption' });
    expect(await output.shards()).toEqual([]);
    await output.writeShard(shardOf('00000', [row('a.jpg', 'caption')]));
    expect(await texts()).toEqual({ 'a.txt': 'text', 'a.caption': 'caption' });
  });
});
