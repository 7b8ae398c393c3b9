import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type DatasetRow, openOutputIn, type OutputOptions } from '@tessera/datasets';
import { type ObjectStore, openNamedStore } from '@tessera/storage';
import { temporaryDirectory, type TemporaryDirectory } from '@tessera/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KilledError, killedStore } from './killed-store.js';
import { captioned, failed, readRows } from './output-rows.js';

const FIRST = [captioned('a.jpg'), failed('b.jpg')];
const SECOND = [captioned('c.jpg'), captioned('d.jpg')];
/** The first shard after a retry of what failed. */
const RETRIED = [captioned('a.jpg'), captioned('b.jpg', { caption: 'at last' })];

const OUTPUTS: [string, Partial<OutputOptions>][] = [
  ['captions.csv.gz', {}],
  ['metadata.jsonl', {}],
  ['.', { form: 'parquet' }],
  ['.', { form: 'webdataset' }],
  ['.', { form: 'sidecar', sidecar: { onExisting: 'skip' } }],
  ['.', { form: 'sidecar', sidecar: { onExisting: 'overwrite' } }],
  ['.', { form: 'sidecar', sidecar: { onExisting: 'append' } }],
];

describe('an output whose process is killed', () => {
  let directory: TemporaryDirectory;
  beforeEach(async () => {
    directory = await temporaryDirectory('tessera-outputs');
  });
  afterEach(() => directory.remove());

  const openStore = async (folder: string) => {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'd.txt'), 'what was there');
    return openNamedStore({ kind: 'folder', directory: folder }, { temporaryFolder: '.tessera/shards/tmp' });
  };

  it.each(OUTPUTS)('%s %o never holds half of anything, and ends up the same', async (uri, some) => {
    const options = { carried: [], ...some };
    const reference = join(directory.path, 'reference');
    const finishedOnce = await runUntilFirstFinish(await openStore(reference), uri, options, reference);
    const whole = killedStore(await openStore(reference), Infinity);
    await run(whole.store, uri, options);
    const finished = await filesOf(reference);

    const killAndGoOn = async (killAt: number) => {
      const folder = join(directory.path, `${killAt}`);
      const store = await openStore(folder);
      await expect(run(killedStore(store, killAt).store, uri, options)).rejects.toThrow(KilledError);
      await checkShards(store, uri, options);
      await checkWhole(folder, uri, [finishedOnce, finished]);
      await run(store, uri, options);
      expect(await filesOf(folder), `after a kill at change ${killAt}`).toEqual(finished);
    };
    const kills = Array.from({ length: whole.changeCount() }, (_, killAt) => killAt);
    expect(kills.length).toBeGreaterThan(5);
    await Promise.all(kills.map(killAndGoOn));
  });
});

async function run(store: ObjectStore, uri: string, options: OutputOptions): Promise<void> {
  const output = await openOutputIn(store, uri, options);
  await output.writeShard({ name: '00000', rows: FIRST, readImage });
  await output.writeShard({ name: '00001', rows: SECOND, readImage });
  await output.finish();
  await output.writeShard({ name: '00000', rows: RETRIED, readImage });
  await output.finish();
}

async function runUntilFirstFinish(
  store: ObjectStore,
  uri: string,
  options: OutputOptions,
  folder: string,
): Promise<Record<string, string>> {
  const output = await openOutputIn(store, uri, options);
  await output.writeShard({ name: '00000', rows: FIRST, readImage });
  await output.writeShard({ name: '00001', rows: SECOND, readImage });
  await output.finish();
  return filesOf(folder);
}

async function readImage(row: DatasetRow) {
  return { bytes: Buffer.from(`pixels of ${row.key}`), extension: '.jpg' };
}

/** Every shard that is there is whole, and its counts are those of its rows. */
async function checkShards(store: ObjectStore, uri: string, options: OutputOptions): Promise<void> {
  const output = await openOutputIn(store, uri, options);
  for (const shard of await output.shards()) {
    const rows = await readRows(output, shard.name);
    expect(shard.name === '00001' ? [SECOND] : [FIRST, RETRIED]).toContainEqual(rows);
    expect(shard.failed).toBe(rows.filter(({ status }) => status === 'failed').length);
    expect(shard.rows).toBe(rows.length);
  }
}

async function checkWhole(folder: string, uri: string, allowed: Record<string, string>[]): Promise<void> {
  const there = (await filesOf(folder))[uri];
  if (there !== undefined) expect(allowed.map((files) => files[uri])).toContain(there);
}

/** Contents of the files that a user sees. */
async function filesOf(folder: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name).slice(folder.length + 1);
    if (!entry.isFile() || path.startsWith('.tessera')) continue;
    files[path] = (await readFile(join(folder, path))).toString('base64');
  }
  return files;
}
