import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type DatasetOutput, OutputLargerError, ResultCache } from '@tessera/datasets';
import { temporaryDirectory, type TemporaryDirectory } from '@tessera/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { allRows, captionRun, type CaptionRun } from './caption-run.js';
import { InstantAsker, type InstantAnswers } from './instant-asker.js';

let directory: TemporaryDirectory;
beforeEach(async () => {
  directory = await temporaryDirectory('tessera-run');
});
afterEach(() => directory.remove());

const at = (name: string) => join(directory.path, name);
const words = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => `picture-${String(from + index).padStart(4, '0')}.png`);

async function listOf(names: readonly string[]): Promise<string> {
  await writeFile(at('list.txt'), names.map((name) => `${name}\n`).join(''));
  return at('list.txt');
}

/** Keys are positions otherwise. */
async function csvOf(names: readonly string[], more: Record<string, string> = {}): Promise<string> {
  const columns = Object.keys(more);
  const rows = names.map((name) => [name, ...Object.values(more)].join(','));
  await writeFile(at('list.csv'), [['path', ...columns].join(','), ...rows].join('\n'));
  return at('list.csv');
}

const keyed = { sourceOptions: { keyColumn: 'path' } };

async function run(source: string, answers: InstantAnswers = {}, more: Partial<CaptionRun> = {}) {
  const asker = new InstantAsker(answers);
  const result = await captionRun({ source, output: at('out.jsonl'), asker, shardRows: 10, ...more });
  return { ...result, asked: asker.asked, rows: await allRows(result.output) };
}

describe('a run', () => {
  it('makes a row of every record and prompt, in the order of the source', async () => {
    const source = await csvOf(words(25), { title: 'A' });
    const { ending, facts, rows } = await run(
      source,
      {},
      { prompts: ['What is {name}?', '{column:title}'], outputOptions: { carried: ['title'] } },
    );
    expect(ending).toBe('finished');
    expect(rows.map(({ path, prompt_index }) => [path, prompt_index])).toEqual(
      words(25).flatMap((name) => [0, 1].map((index) => [name, index])),
    );
    expect(rows[2]).toMatchObject({
      key: '000000001',
      prompt: 'What is picture-0001?',
      caption: expect.stringMatching(/^What is picture-0001\? .*picture-0001.png$/) as string,
      status: 'completed',
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      carried: { title: 'A' },
    });
    expect(facts).toMatchObject({ total: 50, captioned: 50, failed: 0, tiles: 100, tokens: 250 });
    expect((await readdir(directory.path)).sort()).toEqual(['.tessera', 'list.csv', 'out.jsonl']);
  });

  it.each([1, 3, 50])('writes the same bytes, %d at a time, whoever is quick', async (concurrency) => {
    const names = words(40).flatMap((name, index) => (index % 7 === 0 ? [name, 'same.png'] : [name]));
    const source = await listOf(names);
    const output = (name: string) => ({ output: at(name), shardRows: 7 });
    await run(source, { concurrency: 1 }, output('reference.jsonl'));
    const turns = new Map<string, number>();
    const onAsk = async (image: string) => {
      const turn = (image.length * 7919 + (turns.get(image) ?? turns.size * 31)) % 5;
      for (let count = 0; count < turn; count += 1) await new Promise(setImmediate);
    };
    const { facts, asked } = await run(source, { concurrency, onAsk }, output('other.jsonl'));
    expect(await readFile(at('other.jsonl'), 'utf8')).toBe(await readFile(at('reference.jsonl'), 'utf8'));
    expect(new Set(asked).size).toBe(asked.length);
    expect(facts).toMatchObject({ captioned: 41, duplicates: 5 });
  });

  it('asks once about the same image, and says so in every row but the first', async () => {
    const source = await listOf(['a', 'b', 'a', 'a']);
    const { rows, asked } = await run(source, {}, { prompts: ['P', 'Q'] });
    expect(asked.map((question) => question.slice(-3)).sort()).toEqual(['a P', 'a Q', 'b P', 'b Q']);
    expect(rows.map(({ status }) => status)).toEqual([
      ...Array<string>(4).fill('completed'),
      ...Array<string>(4).fill('skipped_duplicate'),
    ]);
    expect(rows[4]?.caption).toBe(rows[0]?.caption);
  });

  it('does nothing when nothing has changed', async () => {
    const source = await listOf(words(25));
    await run(source);
    const before = await readFile(at('out.jsonl'));
    const { asked, facts, ending } = await run(source);
    expect({ asked, ending }).toEqual({ asked: [], ending: 'finished' });
    expect(facts).toMatchObject({ earlier: 25, captioned: 0, shardsWritten: 0 });
    expect((await readFile(at('out.jsonl'))).equals(before)).toBe(true);
  });

  it('asks only about what is new when pictures come and go, anywhere', async () => {
    const all = words(60);
    await run(await csvOf(all.filter((_, index) => index % 20 !== 3)), {}, keyed);
    const changed = ['new-first', ...all.filter((_, index) => index % 20 !== 11 && index !== 0)];
    const { asked, rows } = await run(await csvOf(changed), {}, keyed);
    expect(rows.map(({ path }) => path)).toEqual(changed);
    expect(asked.map((question) => /(new-first|picture-\d+)/.exec(question)?.[0]).sort()).toEqual([
      'new-first',
      'picture-0003',
      'picture-0023',
      'picture-0043',
    ]);
  });

  it('leaves no rows of pictures that are gone', async () => {
    await run(await csvOf(words(35)), {}, keyed);
    const { rows, asked } = await run(await csvOf(words(12)), {}, keyed);
    expect(rows.map(({ path }) => path)).toEqual(words(12));
    expect(asked).toEqual([]);
    expect((await readFile(at('out.jsonl'), 'utf8')).split('\n')).toHaveLength(13);
  });

  it.each<[string, InstantAnswers, Partial<CaptionRun>]>([
    ['another prompt', {}, { prompts: ['Why?'] }],
    ['another revision of the model', { revision: 'r2' }, {}],
    ['other parameters', {}, { parameters: { maxTokens: 5 } }],
    ['another shape', {}, { shape: { prepend: 'a photo of ' } }],
  ])('asks all again with %s', async (_, answers, more) => {
    const source = await listOf(words(25));
    await run(source);
    const { asked, rows } = await run(source, answers, more);
    expect(asked).toHaveLength(25);
    expect(rows).toHaveLength(25);
    if (more.shape) expect(rows[0]?.caption).toMatch(/^a photo of What/);
  });

  it('asks failed rows again when it is told to, and those of a shard without any other', async () => {
    const source = await listOf(words(30));
    const failing = new Set([...words(12), ...words(1, 25)].map((name) => at(name)));
    const first = await run(source, { failing });
    expect(first.facts).toMatchObject({ captioned: 17, failed: 13 });
    expect(first.facts.failuresByCode).toEqual(new Map([['engine_failed', 13]]));
    expect(first.rows[0]).toMatchObject({ status: 'failed', error_message: 'not now', caption: null });
    // The first shard is of failures alone.
    const again = await run(source, { failing });
    expect(again.facts).toMatchObject({ earlier: 20, failed: 10 });
    const retried = await run(source, {}, { retryFailed: true });
    expect(retried.asked).toHaveLength(13);
    expect(retried.facts).toMatchObject({ earlier: 17, captioned: 13 });
    const undisturbed = await run(source, {}, { output: at('undisturbed.jsonl') });
    expect(retried.rows).toEqual(undisturbed.rows);
  });

  it('makes failed rows of images that cannot be read, and of columns that are missing', async () => {
    await writeFile(
      at('list.jsonl'),
      '{"path":"a","t":"x"}\n{"path":"b"}\n{"t":"y"}\n{"path":"c","t":"z"}\n',
    );
    const { rows, asked } = await run(
      at('list.jsonl'),
      { missing: new Set([at('c')]) },
      { prompts: ['{column:t}'] },
    );
    expect(rows.map(({ status, error_code }) => [status, error_code])).toEqual([
      ['completed', null],
      ['failed', 'missing_required_parameter'],
      ['failed', 'missing_required_parameter'],
      ['failed', 'image_not_found'],
    ]);
    expect(asked).toHaveLength(1);
  });

  it('is about the first rows, or a share that is the same every time', async () => {
    const source = await listOf(words(100));
    const small = await run(source, {}, { selection: { share: 0.2 } });
    expect(small.rows.length).toBeGreaterThan(8);
    expect(small.rows.length).toBeLessThan(35);
    const larger = await run(source, {}, { selection: { share: 0.5 } });
    expect(larger.facts.earlier).toBe(small.rows.length);
    await expect(run(source, {}, { selection: { limit: 3 } })).rejects.toBeInstanceOf(OutputLargerError);
    const first = await run(source, {}, { selection: { limit: 3 }, output: at('first.jsonl') });
    expect(first.rows.map(({ path }) => path)).toEqual(words(3));
    expect(first.facts.total).toBe(3);
    const all = await run(source, {}, { output: at('first.jsonl') });
    expect(all.facts).toMatchObject({ earlier: 3, captioned: 97 });
  });

  it('ends in good order when it is stopped, and goes on', async () => {
    const source = await listOf(words(100));
    const stop = new AbortController();
    let count = 0;
    const onAsk = () => void ((count += 1) === 42 && stop.abort());
    const stopped = await run(source, { onAsk, concurrency: 5 }, { stopping: stop.signal });
    expect(stopped.ending).toBe('stopped');
    expect(stopped.facts.captioned).toBe(stopped.asked.length);
    expect(stopped.asked.length).toBeLessThan(50);
    const rest = await run(source);
    expect(rest.facts).toMatchObject({
      earlier: stopped.asked.length,
      captioned: 100 - stopped.asked.length,
    });
    expect(new Set([...stopped.asked, ...rest.asked]).size).toBe(100);
    await run(source, {}, { output: at('undisturbed.jsonl') });
    expect(await readFile(at('out.jsonl'), 'utf8')).toBe(await readFile(at('undisturbed.jsonl'), 'utf8'));
  });

  it('fails when whoever is asked gives up, and goes on later', async () => {
    const source = await listOf(words(100));
    let count = 0;
    const onAsk = () => ((count += 1) > 50 ? Promise.reject(new Error('the engine is gone')) : undefined);
    await expect(run(source, { onAsk })).rejects.toThrow('the engine is gone');
    const { facts, rows } = await run(source);
    expect(rows).toHaveLength(100);
    expect(facts.earlier).toBeGreaterThan(30);
  });

  it.each([1, 5, 10])('fails when shard %d cannot be written, also after the last row', async (shard) => {
    const source = await listOf(words(100));
    let count = 0;
    const onOutput = (output: DatasetOutput): DatasetOutput => ({
      uri: output.uri,
      shards: () => output.shards(),
      readShard: (name) => output.readShard(name),
      writeShard: (rows) =>
        (count += 1) === shard ? Promise.reject(new Error('the disk is full')) : output.writeShard(rows),
      finish: () => output.finish(),
    });
    await expect(run(source, {}, { onOutput })).rejects.toThrow('the disk is full');
    const { facts, rows } = await run(source);
    expect(rows).toHaveLength(100);
    expect(facts.earlier).toBeGreaterThan(0);
  });
});

describe('the result cache', () => {
  const open = (maxBytes = 1e9) =>
    new ResultCache({ folder: at('cache'), maxBytes, onFailure: (error) => expect.fail(String(error)) });

  it('spares another output the questions that were asked, and no other question', async () => {
    const source = await listOf(words(25));
    const first = open();
    await run(source, {}, { cache: first });
    await first.close();
    const cache = open();
    const more: Partial<CaptionRun> = { cache, output: at('other.jsonl'), shape: { append: '.' } };
    const { asked, facts, rows } = await run(source, {}, more);
    expect(asked).toEqual([]);
    expect(facts).toMatchObject({ cached: 25, captioned: 0 });
    expect(rows[0]).toMatchObject({ status: 'completed', tiles: 2, prompt_tokens: 10 });
    for (const change of [{ prompts: ['Why?'] }, { parameters: { maxTiles: 3 } }]) {
      expect((await run(source, {}, { cache, output: at('other.jsonl'), ...change })).asked).toHaveLength(25);
    }
    await cache.close();
  });
});
