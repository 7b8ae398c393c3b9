import { watch } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CAPTION_ROW_COLUMNS, type CaptionRow } from '@tessera/contracts';
import { convertModel } from '@tessera/converter';
import { findRepositoryRoot, temporaryDirectory, type TemporaryDirectory } from '@tessera/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CliOptions, EXAMPLES, runCli, startCli, TINY_MODEL } from './run-cli.js';

const PICTURES = join(findRepositoryRoot(), 'test/golden/evaluation/pictures');
const QUESTION = 'Describe the image in detail.';
/** Enough that a run is in its middle when its first rows appear. */
const MANY = 120;

let home: TemporaryDirectory;
let environment: Record<string, string>;
let many: string;
let output: string;
let runs = 0;

beforeAll(async () => {
  home = await temporaryDirectory();
  const model = join(home.path, 'model');
  await convertModel({ source: TINY_MODEL, output: model, id: 'tessera-tiny' });
  environment = {
    TESSERA_MODEL: model,
    TESSERA_DATA_DIR: join(home.path, 'data'),
    TESSERA_THREADS: '2',
    TESSERA_SLOTS: '4',
  };
  many = join(home.path, 'many');
  await copyPictures(many, MANY);
});
afterAll(() => home.remove());

beforeEach(() => {
  output = join(home.path, `out-${runs++}`, 'captions.jsonl');
});

async function copyPictures(folder: string, count: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  const names = (await readdir(PICTURES)).sort().slice(0, count);
  for (const name of names) await copyFile(join(PICTURES, name), join(folder, name));
}

/** A folder of the test's own with good images, and with one of every kind of bad one. */
async function mixedFolder(name: string): Promise<string> {
  const folder = join(home.path, name);
  await mkdir(join(folder, 'sub'), { recursive: true });
  await mkdir(join(folder, '.hidden'));
  await copyFile(join(EXAMPLES, '0001.jpg'), join(folder, 'b.jpg'));
  await copyFile(join(EXAMPLES, '0000.png'), join(folder, 'sub', 'a.PNG'));
  await copyFile(join(EXAMPLES, '0000.png'), join(folder, '.hidden', 'c.png'));
  await symlink('..', join(folder, 'sub', 'loop'));
  await symlink('nowhere', join(folder, 'broken.png'));
  await writeFile(join(folder, 'notes.txt'), 'hello');
  await writeFile(join(folder, 'text.jpg'), 'hello');
  const picture = await readFile(join(EXAMPLES, '0000.png'));
  await writeFile(join(folder, 'cut.png'), picture.subarray(0, 900));
  return folder;
}

const words = (folder: string, ...more: string[]) => [
  'caption',
  folder,
  '-q',
  QUESTION,
  '-o',
  output,
  ...more,
];
const caption = (folder: string, more: string[] = [], options: CliOptions = {}) =>
  runCli(words(folder, ...more), { environment, ...options });

async function readRows(): Promise<CaptionRow[]> {
  const text = await readFile(output, 'utf8');
  expect(text === '' || text.endsWith('\n')).toBe(true);
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as CaptionRow);
}

const byKey = (rows: readonly CaptionRow[]) => Object.fromEntries(rows.map((row) => [row.key, row]));
const sortedKeys = (rows: readonly CaptionRow[]) => rows.map(({ key }) => key).sort();

/** Resolves once the output has this many complete lines. */
async function untilRows(count: number): Promise<void> {
  await mkdir(join(output, '..'), { recursive: true });
  const stop = new AbortController();
  const hasEnough = async () => (await readFile(output, 'utf8').catch(() => '')).split('\n').length > count;
  const watcher = watch(join(output, '..'), { signal: stop.signal });
  await new Promise<void>((resolve, reject) => {
    const look = () => void hasEnough().then((enough) => (enough ? resolve() : undefined), reject);
    watcher.on('change', look);
    look();
  });
  stop.abort();
}

describe('tessera caption', () => {
  it('writes one row per image, good and bad, with the columns in their order', async () => {
    const folder = await mixedFolder('mixed');
    const { exitCode, stdout, stderr } = await caption(folder);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' });
    expect(stderr).toContain('2 captioned, 3 failed, 0 skipped; ');
    expect(stderr).toContain(output);
    const rows = await readRows();
    for (const row of rows) expect(Object.keys(row)).toEqual([...CAPTION_ROW_COLUMNS]);
    expect(sortedKeys(rows)).toEqual(['b.jpg', 'broken.png', 'cut.png', 'sub/a.PNG', 'text.jpg']);
    const { 'b.jpg': good, 'cut.png': cut, 'text.jpg': text, 'broken.png': broken } = byKey(rows);
    expect(good).toMatchObject({
      path: join(folder, 'b.jpg'),
      prompt: QUESTION,
      caption: 'The number 11 in green on a white background.',
      status: 'completed',
      error_code: null,
      error_message: null,
      sha256: '453f6306426a137d5ea77ff671462418391fd8efb5e1be2afd641e0bfa8a5407',
      width: 229,
      height: 614,
      tiles: 4,
      finish_reason: 'stop',
      prompt_tokens: 87,
      completion_tokens: 12,
      model: 'tessera-tiny',
    });
    expect(good?.timings).toHaveProperty('total_ms');
    expect(text).toMatchObject({
      status: 'failed',
      error_code: 'image_unreadable',
      caption: null,
      timings: null,
    });
    expect(cut).toMatchObject({ status: 'failed', error_code: 'image_unreadable', width: 514, height: 344 });
    expect(broken).toMatchObject({ status: 'failed', error_code: 'image_not_found', sha256: null });
    expect(new Set(rows.map((row) => row.model_revision)).size).toBe(1);
  });

  it('asks again only what it is told to: failed rows, another prompt, everything', async () => {
    const folder = await mixedFolder('again');
    await caption(folder);
    const before = await readFile(output, 'utf8');
    expect((await caption(folder)).stderr).toContain('0 captioned, 0 failed, 5 skipped');
    expect(await readFile(output, 'utf8')).toBe(before);

    await copyFile(join(EXAMPLES, '0001.jpg'), join(folder, 'text.jpg'));
    expect((await caption(folder, ['--retry-failed'])).stderr).toContain('1 captioned, 2 failed, 2 skipped');
    const retried = await readRows();
    expect(retried).toHaveLength(8);
    expect(byKey(retried)['text.jpg']?.status).toBe('completed');
    expect((await caption(folder, ['--retry-failed'])).stderr).toContain('0 captioned, 2 failed, 3 skipped');

    expect((await caption(folder, ['-q', 'Read the text.'])).stderr).toContain(
      '3 captioned, 2 failed, 0 skipped',
    );
    expect((await readRows()).slice(-5).map(({ prompt }) => prompt)).toEqual(Array(5).fill('Read the text.'));

    await caption(folder, ['--on-existing', 'overwrite']);
    expect(await readRows()).toHaveLength(5);
  });

  it('ends with status 1 for failed images only when asked to', async () => {
    const folder = await mixedFolder('strict');
    const { exitCode, stderr } = await caption(folder, ['--fail-on-error']);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('3 of the images or folders failed');
    await rm(join(folder, 'text.jpg'));
    await rm(join(folder, 'cut.png'));
    await rm(join(folder, 'broken.png'));
    expect((await caption(folder, ['--fail-on-error', '--on-existing', 'overwrite'])).exitCode).toBe(0);
  });

  it('writes an empty output for a folder without images', async () => {
    const folder = join(home.path, 'empty');
    await mkdir(folder);
    const { exitCode, stderr } = await caption(folder);
    expect(exitCode).toBe(0);
    expect(stderr).toContain('0 captioned, 0 failed, 0 skipped');
    expect(await readRows()).toEqual([]);
  });
});

describe('a run of tessera caption that is killed', () => {
  it('loses no finished row and repeats none, also when its last line was cut off', async () => {
    const killed = startCli(words(many), { environment });
    await untilRows(8);
    killed.process.kill('SIGKILL');
    expect((await killed.ended).signal).toBe('SIGKILL');

    const before = await readRows();
    expect(before.length).toBeGreaterThanOrEqual(8);
    expect(before.length).toBeLessThan(MANY);
    const text = await readFile(output);
    const cutAt = text.length - 40;
    await truncate(output, cutAt);
    const kept = text.subarray(0, text.lastIndexOf('\n', cutAt) + 1);

    const { exitCode, stderr } = await caption(many);
    expect(exitCode).toBe(0);
    expect(stderr).toContain(`${MANY - before.length + 1} captioned, 0 failed, ${before.length - 1} skipped`);
    expect((await readFile(output)).subarray(0, kept.length).equals(kept)).toBe(true);
    expect(sortedKeys(await readRows())).toEqual((await readdir(many)).sort());
  });
});

describe('tessera caption and Ctrl-C', () => {
  it('finishes what is in flight, keeps others from the output meanwhile, and goes on later', async () => {
    const first = startCli(words(many), { environment });
    await untilRows(1);
    const second = await caption(many);
    expect(second).toMatchObject({ exitCode: 1, stdout: '' });
    expect(second.stderr).toContain(`is being written by process ${first.process.pid}`);

    first.process.kill('SIGINT');
    const { exitCode, stderr } = await first.ended;
    expect(exitCode).toBe(130);
    expect(stderr).toContain('images in flight are finished');
    expect(stderr).toContain('the same command goes on from here');
    const rows = await readRows();
    expect(rows.length).toBeLessThan(MANY);
    expect(stderr).toContain(`${rows.length} captioned, 0 failed`);

    expect((await caption(many)).stderr).toContain(`${rows.length} skipped`);
    expect(sortedKeys(await readRows())).toEqual((await readdir(many)).sort());
  });

  it('gives up what is in flight at the second signal, leaving whole rows', async () => {
    const run = startCli(words(many, '--max-tokens', '400'), { environment });
    await untilRows(1);
    run.process.stderr?.once('data', () => run.process.kill('SIGTERM'));
    run.process.kill('SIGTERM');
    expect((await run.ended).exitCode).toBe(130);
    expect((await readRows()).length).toBeLessThan(MANY);
  });
});

describe('tessera caption refuses', () => {
  it.each([
    ['a folder that is missing', ['no-such-folder'], 1, 'no-such-folder cannot be captioned'],
    ['a file in place of a folder', [join(EXAMPLES, '0000.png')], 1, 'it is no folder'],
    ['--concurrency without a service', [EXAMPLES, '--concurrency', '4'], 2, '--concurrency goes with --url'],
    [
      'another word for --on-existing',
      [EXAMPLES, '--on-existing', 'append'],
      2,
      'Allowed choices are skip, overwrite',
    ],
    [
      'a number past its limit',
      [EXAMPLES, '--url', 'http://127.0.0.1:1', '--concurrency', '2000'],
      2,
      'from 1 to 1024',
    ],
  ])('%s', async (_, [folder = '', ...more], exitCode, message) => {
    const result = await caption(folder, more);
    expect(result).toMatchObject({ exitCode, stdout: '' });
    expect(result.stderr).toContain(message);
  });

  it('an output that it has not written, and leaves it as it is', async () => {
    await mkdir(join(output, '..'), { recursive: true });
    await writeFile(output, 'my diary\n');
    const { exitCode, stderr } = await caption(EXAMPLES);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`${output} line 1 is no result row`);
    expect(await readFile(output, 'utf8')).toBe('my diary\n');
  });

  it('to go on when the output cannot be written, leaving whole rows', async () => {
    // A limit on the size of files stands in for a full disk: the write fails in the middle of a row.
    const wrapper = ['bash', '-c', 'trap "" XFSZ; ulimit -f 4; exec "$@"', '-'];
    const { exitCode, stderr } = await caption(many, [], { wrapper });
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`${output} cannot be written: EFBIG`);
    const written = await readRows();
    expect(written.length).toBeGreaterThan(0);
    expect((await caption(many)).stderr).toContain(
      `${MANY - written.length} captioned, 0 failed, ${written.length} skipped`,
    );
  });
});
