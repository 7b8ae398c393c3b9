import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';
import { type CaptionRow } from '@tessera/contracts';
import { convertModel } from '@tessera/converter';
import { findRepositoryRoot, temporaryDirectory, type TemporaryDirectory } from '@tessera/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { runCli, TINY_MODEL } from './run-cli.js';
import { jobObject, MODEL, ScriptedService } from './scripted-service.js';

const run = promisify(execFile);
const EVALUATION = join(findRepositoryRoot(), 'test/golden/evaluation');
const QUESTION = 'Describe the image in detail.';
const PICTURES = 40;

let home: TemporaryDirectory;
let environment: Record<string, string>;
let service: ScriptedService | undefined;
let web: Server | undefined;

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
});
afterAll(() => home.remove());
afterEach(() => {
  service?.stop();
  web?.close();
});

const at = (name: string) => join(home.path, name);
const caption = (...words: string[]) => runCli(['caption', ...words, '--no-cache'], { environment });

async function query(sql: string): Promise<Record<string, unknown>[]> {
  const database = await DuckDBInstance.create(':memory:');
  const connection = await database.connect();
  try {
    return (await connection.runAndReadAll(sql)).getRowObjectsJson();
  } finally {
    connection.closeSync();
    database.closeSync();
  }
}

describe('tessera caption of a dataset', () => {
  it('captions pictures in tars into Parquet, by the question beside each, as they are known to be', async () => {
    const known = await knownPictures();
    await mkdir(at('members'));
    for (const { picture, question } of known) {
      await copyFile(join(EVALUATION, 'pictures', picture), join(at('members'), picture));
      const json = picture.replace(/\.[a-z]+$/, '.json');
      await writeFile(join(at('members'), json), JSON.stringify({ question }));
    }
    const members = (await readdir(at('members'))).sort();
    for (const [shard, from] of [0, members.length / 2].entries()) {
      const names = members.slice(from, from + members.length / 2);
      await run('tar', [
        '--create',
        '--file',
        at(`0000${shard}.tar`),
        '--directory',
        at('members'),
        ...names,
      ]);
    }
    const output = at('captions.parquet');
    const { exitCode, stderr } = await caption(
      at('{00000..00001}.tar'),
      '-q',
      '{column:question}',
      '-o',
      output,
    );
    expect(stderr).toContain(`${PICTURES} captioned, 0 failed`);
    expect(exitCode).toBe(0);
    const rows = await query(`select key, caption, question from '${output}'`);
    expect(rows.map(({ question }) => question)).toEqual(known.map(({ question }) => question));
    const right = rows.filter((row, index) => row['caption'] === known[index]?.truth);
    // The model knows nearly all of its evaluation pictures.
    expect(right.length).toBeGreaterThanOrEqual(0.9 * PICTURES);
  });

  it('asks several questions about every row of a list, with its columns', async () => {
    const picture = (name: string) => join(TINY_MODEL, 'examples', name);
    await writeFile(
      at('list.csv'),
      `id,file,kind\none,${picture('0000.png')},shape\ntwo,${picture('0001.jpg')},number\nthree,none.png,shape\n`,
    );
    await writeFile(at('prompt.txt'), 'What {column:kind} is in {name}?\n');
    const output = at('out.jsonl');
    const list = ['--image-column', 'file', '--key-column', 'id', '--columns', 'kind'];
    const shape = ['--prepend', 'A picture: ', '--no-timings'];
    const { exitCode } = await caption(
      at('list.csv'),
      ...['-q', QUESTION, '--prompt-file', at('prompt.txt'), '-o', output, ...list, ...shape],
    );
    expect(exitCode).toBe(0);
    const rows = await readRows(output);
    expect(rows.map(({ key, prompt, status }) => [key, prompt, status])).toEqual([
      ['one', QUESTION, 'completed'],
      ['one', 'What shape is in 0000?', 'completed'],
      ['two', QUESTION, 'completed'],
      ['two', 'What number is in 0001?', 'completed'],
      ['three', QUESTION, 'failed'],
      ['three', 'What shape is in none?', 'failed'],
    ]);
    expect(rows[2]).toMatchObject({
      caption: 'A picture: The number 11 in green on a white background.',
      kind: 'number',
      prompt_index: 0,
    });
    expect(rows[0]).not.toHaveProperty('created_at');
  });
});

describe('tessera caption of URLs', () => {
  const listOf = async (...urls: string[]) => {
    await writeFile(at('urls.txt'), urls.map((url) => `${url}\n`).join(''));
    return at('urls.txt');
  };

  it('leaves them to a service, and uploads what the service cannot reach', async () => {
    service = await ScriptedService.start(() => ({ kind: 'job', status: 200, job: jobObject('Two.') }));
    const picture = join(TINY_MODEL, 'examples', '0000.png');
    const source = await listOf('https://example.test/b.png', picture, 'https://example.test/b.png');
    const output = at('urls.jsonl');
    const { exitCode } = await caption(source, '-q', 'x', '-o', output, '--url', service.url);
    expect(exitCode).toBe(0);
    const asked = service.posts.map(({ fields }) => JSON.stringify(fields['messages']));
    expect(asked).toHaveLength(2);
    expect(asked.filter((messages) => messages.includes('https://example.test/b.png'))).toHaveLength(1);
    expect(asked.filter((messages) => messages.includes('upload:0'))).toHaveLength(1);
    const rows = await readRows(output);
    expect(rows.map(({ status, model }) => [status, model])).toEqual([
      ['completed', MODEL.id],
      ['completed', MODEL.id],
      ['skipped_duplicate', MODEL.id],
    ]);
  });

  it('fetches them for a model in this process, or for a service when told to', async () => {
    const picture = await readFile(join(TINY_MODEL, 'examples', '0001.jpg'));
    web = createServer((request, response) => {
      response.writeHead(request.url === '/1.jpg' ? 200 : 404).end(picture);
    }).listen(0, '127.0.0.1');
    await once(web, 'listening');
    const { port } = web.address() as AddressInfo;
    const source = await listOf(`http://127.0.0.1:${port}/1.jpg`, `http://127.0.0.1:${port}/2.jpg`);
    const { exitCode } = await caption(
      source,
      '-q',
      QUESTION,
      '-o',
      at('fetched'),
      '--output-form',
      'webdataset',
    );
    expect(exitCode).toBe(0);
    const { stdout } = await run('tar', ['-tf', join(at('fetched'), '00000.tar')]);
    expect(stdout.split('\n')).toEqual([
      '000000000.jpg',
      '000000000.txt',
      '000000000.json',
      '000000001.txt',
      '000000001.json',
      '',
    ]);
    service = await ScriptedService.start(() => ({ kind: 'job', status: 200, job: jobObject('Two.') }));
    const output = at('uploaded.jsonl');
    await caption(source, '-q', 'x', '-o', output, '--url', service.url, '--upload-urls');
    expect(service.posts.map(({ fields }) => JSON.stringify(fields['messages']))).toEqual([
      expect.stringContaining('upload:0'),
    ]);
    expect((await readRows(output)).map(({ status }) => status)).toEqual(['completed', 'failed']);
  });
});

/** The first evaluation pictures, with what is right to say of them. */
async function knownPictures(): Promise<{ picture: string; question: string; truth: string }[]> {
  const lines = (await readFile(join(EVALUATION, 'questions.jsonl'), 'utf8')).trim().split('\n');
  return lines
    .slice(0, PICTURES)
    .map((line) => JSON.parse(line) as { picture: string; question: string; truth: string });
}

async function readRows(path: string): Promise<(CaptionRow & Record<string, unknown>)[]> {
  const lines = (await readFile(path, 'utf8')).split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as CaptionRow & Record<string, unknown>);
}
