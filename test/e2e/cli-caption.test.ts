import { watch } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
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

/** Rows that a killed run would not lose: those in the journal, and those in the parts of the output. */
async function durableRows(): Promise<number> {
  const folder = join(output, '..');
  const rowsByShard = new Map<string, { journal: number; part: number }>();
  for (const name of await readdir(folder, { recursive: true })) {
    const [, journaled, part] = /\/journal\/([^/]+)\/[^/]+\.jsonl$|\.parts\/([^/]+)\.jsonl$/.exec(name) ?? [];
    const shard = journaled ?? part;
    if (shard === undefined) continue;
    const text = await readFile(join(folder, name), 'utf8').catch(() => '');
    const rows = rowsByShard.get(shard) ?? { journal: 0, part: 0 };
    rows[part === undefined ? 'journal' : 'part'] += text.split('\n').length - 1;
    rowsByShard.set(shard, rows);
  }
  // A shard that has just been written is in both.
  return [...rowsByShard.values()].reduce((sum, { journal, part }) => sum + Math.max(journal, part), 0);
}

/** Resolves once that many rows are durable. */
async function untilRows(count: number): Promise<void> {
  const folder = join(output, '..');
  await mkdir(folder, { recursive: true });
  const stop = new AbortController();
  const watcher = watch(folder, { signal: stop.signal, recursive: true });
  await new Promise<void>((resolve, reject) => {
    const look = () => void durableRows().then((rows) => (rows >= count ? resolve() : undefined), reject);
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
    expect(stderr).toContain('2 captioned, 3 failed (2 image_unreadable, 1 image_not_found), 0 skipped; ');
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
    const again = async (...more: string[]) => (await caption(folder, ['--no-cache', ...more])).stderr;
    await again();
    const before = await readFile(output, 'utf8');
    expect(await again()).toContain('0 captioned, 0 failed, 5 skipped');
    expect(await readFile(output, 'utf8')).toBe(before);

    await copyFile(join(EXAMPLES, '0001.jpg'), join(folder, 'text.jpg'));
    expect(await again()).toContain('0 captioned, 0 failed, 5 skipped');
    const retried = await again('--retry-failed');
    expect(retried).toMatch(
      /0 captioned, 2 failed .*, 2 skipped, 1 duplicates|1 captioned, 2 failed .*, 2 skipped/,
    );
    const rows = await readRows();
    expect(sortedKeys(rows)).toEqual(['b.jpg', 'broken.png', 'cut.png', 'sub/a.PNG', 'text.jpg']);
    expect(byKey(rows)['text.jpg']).toMatchObject({
      status: 'skipped_duplicate',
      caption: byKey(rows)['b.jpg']?.caption,
    });

    const read = ['-q', 'Read the text.'];
    const { stderr } = await runCli(['caption', folder, ...read, '-o', output, '--no-cache'], {
      environment,
    });
    expect(stderr).toContain('2 captioned, 2 failed');
    expect((await readRows()).map(({ prompt }) => prompt)).toEqual(Array(5).fill('Read the text.'));

    expect(await again('--on-existing', 'overwrite')).toContain('0 skipped');
    expect(await readRows()).toHaveLength(5);
  });

  it('keeps captions, so that another output costs no questions', async () => {
    await caption(EXAMPLES);
    const first = await readRows();
    output = join(home.path, 'cached.jsonl');
    const { stderr } = await caption(EXAMPLES);
    expect(stderr).toContain(`0 captioned, 0 failed, 0 skipped, ${first.length} from the cache`);
    expect((await readRows()).map((row) => row.caption)).toEqual(first.map((row) => row.caption));
  });

  it('estimates what a run would come to, writing nothing', async () => {
    const folder = await mixedFolder('estimated');
    const words = ['caption', folder, '-q', QUESTION, '-q', 'What colour is it?', '--dry-run'];
    const { exitCode, stdout } = await runCli(words, { environment });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /^rows: 10 \(5 images\)\nasked about: 10 rows, 6 of them without a caption\ntiles: about 2\d\n/,
    );
    expect(await readdir(folder)).not.toContain('.tessera');
  });

  it('ends with status 1 for failed images only when asked to', async () => {
    const folder = await mixedFolder('strict');
    const { exitCode, stderr } = await caption(folder, ['--fail-on-error']);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('3 rows or folders failed');
    await rm(join(folder, 'text.jpg'));
    await rm(join(folder, 'cut.png'));
    await rm(join(folder, 'broken.png'));
    expect((await caption(folder, ['--fail-on-error', '--on-existing', 'overwrite'])).exitCode).toBe(0);
  });

  it('writes an empty output for a folder without images, once it knows that it is to be one of images', async () => {
    const folder = join(home.path, 'empty');
    await mkdir(folder);
    expect((await caption(folder)).stderr).toContain(`${folder} cannot be read as a dataset`);
    const { exitCode, stderr } = await caption(folder, ['--source-form', 'images']);
    expect(exitCode).toBe(0);
    expect(stderr).toContain('0 captioned, 0 failed, 0 skipped');
    expect(await readRows()).toEqual([]);
  });
});

describe('a run of tessera caption that is killed', () => {
  it('loses no durable row, and ends up as if it had not been', async () => {
    const more = ['--no-cache', '--no-timings', '--shard-rows', '30'];
    const killed = startCli(words(many, ...more), { environment });
    await untilRows(40);
    killed.process.kill('SIGKILL');
    expect((await killed.ended).signal).toBe('SIGKILL');
    const kept = await durableRows();
    expect(kept).toBeLessThan(MANY);

    const { exitCode, stderr } = await caption(many, more);
    expect(exitCode).toBe(0);
    const [, captioned, skipped] = /^(\d+) captioned, 0 failed, (\d+) skipped/m.exec(stderr) ?? [];
    expect(Number(captioned) + Number(skipped)).toBe(MANY);
    expect(Number(skipped)).toBeGreaterThanOrEqual(40);
    const text = await readFile(output, 'utf8');
    expect((await readRows()).map(({ key }) => key)).toEqual((await readdir(many)).sort());
    output = join(home.path, 'undisturbed.jsonl');
    await caption(many, more);
    expect(await readFile(output, 'utf8')).toBe(text);
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
    const rows = await durableRows();
    expect(rows).toBeLessThan(MANY);
    expect(stderr).toContain(`${rows} captioned, 0 failed`);

    expect((await caption(many)).stderr).toContain(`${rows} skipped`);
    expect(sortedKeys(await readRows())).toEqual((await readdir(many)).sort());
  });

  it('gives up what is in flight at the second signal, keeping what is through', async () => {
    const run = startCli(words(many, '--max-tokens', '400'), { environment });
    await untilRows(1);
    run.process.stderr?.once('data', () => run.process.kill('SIGTERM'));
    run.process.kill('SIGTERM');
    expect((await run.ended).exitCode).toBe(130);
    expect(await durableRows()).toBeLessThan(MANY);
    expect(await durableRows()).toBeGreaterThan(0);
  });
});

describe('tessera caption refuses', () => {
  it.each([
    ['a folder that is missing', ['no-such-folder'], 1, 'no-such-folder cannot be read as a dataset'],
    ['an output without a form', [EXAMPLES, '-o', 'there'], 1, 'there is no output: a file ends in .jsonl'],
    ['--concurrency without a service', [EXAMPLES, '--concurrency', '4'], 2, '--concurrency goes with --url'],
    [
      'to append to what is no text beside an image',
      [EXAMPLES, '--on-existing', 'append'],
      2,
      '--on-existing append goes with --output-form sidecar',
    ],
    ['a share of more than all', [EXAMPLES, '--sample', '101%'], 2, 'It must be above 0 and at most 1'],
    ['a prompt with a brace that opens nothing', [EXAMPLES, '-q', '{x}'], 1, '{x} is unknown; known are'],
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
    expect(stderr).toContain(`${output} is not continued: another program has written or changed it`);
    expect(await readFile(output, 'utf8')).toBe('my diary\n');
  });

  it('to go on when the output cannot be written, keeping what is through', async () => {
    // A limit on the size of files stands in for a full disk: shards of thirty rows are larger.
    const wrapper = ['bash', '-c', 'trap "" XFSZ; ulimit -f 16; exec "$@"', '-'];
    const more = ['--shard-rows', '30'];
    const { exitCode, stderr } = await caption(many, more, { wrapper });
    expect(exitCode).toBe(1);
    expect(stderr).toContain('EFBIG');
    const kept = await durableRows();
    expect(kept).toBeGreaterThan(0);
    expect((await caption(many, more)).stderr).toContain(`${kept} skipped`);
    expect((await readRows()).map(({ key }) => key)).toEqual((await readdir(many)).sort());
  });
});
