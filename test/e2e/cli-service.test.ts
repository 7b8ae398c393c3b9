import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CaptionRow } from '@tessera/contracts';
import { temporaryDirectory, type TemporaryDirectory } from '@tessera/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from './run-cli.js';
import {
  jobObject,
  type Meeting,
  MODEL,
  type PostedJob,
  ScriptedService,
  unfinishedJob,
} from './scripted-service.js';

let home: TemporaryDirectory;
let environment: Record<string, string>;
let service: ScriptedService | undefined;
let folders = 0;

beforeAll(async () => {
  home = await temporaryDirectory();
  environment = { TESSERA_DATA_DIR: join(home.path, 'data'), TESSERA_API_KEY: 'tsk_of_the_tests' };
});
afterAll(() => home.remove());
afterEach(() => {
  service?.stop();
  // Models, jobs, looks at them and streams: nothing is asked without the key.
  for (const header of service?.authorizations ?? []) expect(header).toBe('Bearer tsk_of_the_tests');
  service = undefined;
});

async function start(meet: (post: PostedJob) => Meeting): Promise<ScriptedService> {
  service = await ScriptedService.start(meet);
  return service;
}

const answer = (text: string): Meeting => ({ kind: 'job', status: 200, job: jobObject(text) });

/** A folder whose images hold their own names: what they look like is the service's matter. */
async function folderOf(...names: string[]): Promise<string> {
  const folder = join(home.path, `folder-${folders++}`);
  await mkdir(folder);
  for (const name of names) await writeFile(join(folder, name), name);
  return folder;
}

async function caption({ url }: ScriptedService, folder: string, ...more: string[]) {
  const output = `${folder}.jsonl`;
  const words = ['caption', folder, '-q', 'What is it?', '-o', output, '--url', url, ...more];
  const result = await runCli(words, { environment });
  const text = await readFile(output, 'utf8').catch(() => '');
  const rows = text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as CaptionRow);
  return { ...result, rows: Object.fromEntries(rows.map((row) => [row.key, row])), lineCount: rows.length };
}

describe('tessera caption --url', () => {
  it('posts one low-priority job per image, so many at a time, and writes what comes back', async () => {
    const names = Array.from({ length: 9 }, (_, index) => `${index}.png`);
    const scripted = await start(({ images }) => answer(`a picture of ${images[0]}`));
    scripted.groupSize = 3;
    const options = ['--concurrency', '3', '--max-tokens', '50', '--max-tiles', '6'];
    const { exitCode, rows, lineCount } = await caption(scripted, await folderOf(...names), ...options);
    expect({ exitCode, lineCount }).toEqual({ exitCode: 0, lineCount: 9 });
    expect(rows['4.png']).toMatchObject({
      caption: 'a picture of 4.png',
      status: 'completed',
      width: 20,
      height: 10,
      tiles: 3,
      prompt_tokens: 7,
      completion_tokens: 3,
      model: MODEL.id,
      model_revision: MODEL.revision,
      timings: { total_ms: 6 },
    });
    expect(scripted.largestInFlight).toBe(3);
    expect(new Set(scripted.posts.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(9);
    expect(scripted.posts[0]).toMatchObject({
      prefer: 'wait=30',
      fields: {
        messages: [
          {
            role: 'user',
            content: [
              { type: 'image_url', image_url: { url: 'upload:0' } },
              { type: 'text', text: 'What is it?' },
            ],
          },
        ],
        model: MODEL.id,
        max_tokens: 50,
        max_dynamic_patch: 6,
        policy: { priority: 'low' },
      },
    });
    const again = await caption(scripted, join(home.path, `folder-${folders - 1}`), ...options);
    expect(again.stderr).toContain('9 skipped');
    expect(scripted.posts).toHaveLength(9);
  });

  it('bears with a service that hangs up, fails, is full or takes long, making no second job', async () => {
    const faults: Record<string, Meeting> = {
      'hang-up.png': { kind: 'hang up' },
      'failing.png': {
        kind: 'error',
        status: 503,
        code: 'service_unavailable',
        headers: { 'retry-after': '0' },
      },
      'full.png': { kind: 'error', status: 429, code: 'queue_full', headers: { 'retry-after': '0' } },
    };
    const scripted = await start(({ images, attempt }) => {
      const name = String(images[0]);
      if (name !== 'slow.png') return (attempt === 1 ? faults[name] : undefined) ?? answer(name);
      const waiting = unfinishedJob();
      scripted.jobs.set(waiting.id, jobObject(name, { id: waiting.id }));
      return { kind: 'job', status: 202, job: waiting };
    });
    const names = [...Object.keys(faults), 'slow.png'];
    const { exitCode, rows } = await caption(scripted, await folderOf(...names));
    expect(exitCode).toBe(0);
    expect(Object.values(rows).map((row) => row.caption)).toEqual(Object.keys(rows));
    expect(Object.keys(rows).sort()).toEqual(names.sort());
    for (const name of Object.keys(faults)) {
      const posts = scripted.posts.filter(({ images }) => images[0] === name);
      expect(posts).toHaveLength(2);
      expect(new Set(posts.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);
    }
  });

  it('makes a failed row of what is about one image', async () => {
    const error = { code: 'image_unreadable', message: 'cut off', retryable: false };
    const failed = jobObject('', {
      status: 'failed',
      output: null,
      error,
      usage: null,
      tiles: null,
      timings: null,
    });
    const scripted = await start(({ images }) =>
      images[0] === 'cut.png'
        ? { kind: 'job', status: 400, job: failed }
        : { kind: 'error', status: 400, code: 'image_too_large', message: 'too large' },
    );
    const { exitCode, rows, stderr } = await caption(scripted, await folderOf('cut.png', 'large.png'));
    expect(exitCode).toBe(0);
    expect(stderr).toContain('0 captioned, 2 failed (1 image_unreadable, 1 image_too_large)');
    const common = { status: 'failed', caption: null, model: MODEL.id, model_revision: MODEL.revision };
    expect(rows['cut.png']).toMatchObject({
      ...common,
      error_code: 'image_unreadable',
      error_message: 'cut off',
    });
    expect(rows['large.png']).toMatchObject({
      ...common,
      error_code: 'image_too_large',
      error_message: 'too large',
    });
  });

  it('stops for what would meet every image alike, writing no row', async () => {
    const scripted = await start(() => ({
      kind: 'error',
      status: 404,
      code: 'model_not_found',
      message: 'gone',
    }));
    const { exitCode, stderr, lineCount } = await caption(scripted, await folderOf('a.png', 'b.png'));
    expect({ exitCode, lineCount }).toEqual({ exitCode: 1, lineCount: 0 });
    expect(stderr).toContain('gone (model_not_found, HTTP 404');
  });

  it('asks which model when there are several, and refuses one that nobody serves', async () => {
    const scripted = await start(({ images }) => answer(String(images[0])));
    scripted.models = [MODEL, { id: 'other', revision: 'r2' }, { id: 'idle', revision: null }];
    const folder = await folderOf('a.png');
    expect((await caption(scripted, folder)).stderr).toContain('say with --model which model is to answer');
    expect((await caption(scripted, folder, '--model', 'idle')).stderr).toContain(
      'no worker serves idle now',
    );
    expect((await caption(scripted, folder, '--model', 'none')).stderr).toContain('there is no model none');
    expect((await caption(scripted, folder, '--model', 'other')).exitCode).toBe(0);
  });
});

describe('tessera ask --url', () => {
  const ask = (url: string, image: string, ...more: string[]) =>
    runCli(['ask', image, '-q', 'What is it?', '--url', url, ...more], { environment });

  it('prints with --json what the service reports, without token ids', async () => {
    const scripted = await start(() => answer('A cross.'));
    const folder = await folderOf('a.png');
    const { stdout, exitCode } = await ask(scripted.url, join(folder, 'a.png'), '--json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      text: 'A cross.',
      finish_reason: 'stop',
      usage: jobObject('')['usage'],
      tiles: jobObject('')['tiles'],
      timings: jobObject('')['timings'],
      model: MODEL,
    });
  });

  it('leaves an image URL to the service and uploads the rest', async () => {
    const scripted = await start(() => answer('Two.'));
    const file = join(await folderOf('a.png'), 'a.png');
    const words = [
      'ask',
      'https://example.test/b.png',
      file,
      '-q',
      'x',
      '--url',
      scripted.url,
      '--json',
      '--system',
      's',
    ];
    expect((await runCli(words, { environment })).exitCode).toBe(0);
    expect(scripted.posts[0]?.images).toEqual(['a.png']);
    expect(scripted.posts[0]?.fields['messages']).toEqual([
      { role: 'system', content: [{ type: 'text', text: 's' }] },
      {
        role: 'user',
        content: [
          { type: 'image_url', image_url: { url: 'https://example.test/b.png' } },
          { type: 'image_url', image_url: { url: 'upload:0' } },
          { type: 'text', text: 'x' },
        ],
      },
    ]);
  });

  const event = (name: string, data: object) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;

  async function startStreaming(events: (job: object) => string): Promise<ScriptedService> {
    const waiting = unfinishedJob();
    const ended = jobObject('A red cross.', { id: waiting.id });
    const scripted = await start(() => ({ kind: 'job', status: 202, job: waiting }));
    scripted.jobs.set(waiting.id, ended);
    scripted.streams.set(waiting.id, events(ended));
    return scripted;
  }

  it.each([
    [
      'streams the text, beginning anew where the service does',
      (job: object) =>
        `retry: 1000\n\n: keep-alive\n\n${event('text', { text: 'A bl' })}${event('restart', {})}` +
        `${event('text', { text: 'A red' })}${event('text', { text: ' cross. ' })}${event('job', job)}`,
      'A bl\nA red cross.\n',
    ],
    [
      'gets the rest of the answer when the stream ends early',
      () => event('text', { text: 'A red' }),
      'A red cross.\n',
    ],
  ])('%s', async (_, events, expected) => {
    const scripted = await startStreaming(events);
    const { stdout, exitCode } = await ask(scripted.url, join(await folderOf('a.png'), 'a.png'));
    expect({ stdout, exitCode }).toEqual({ stdout: expected, exitCode: 0 });
  });

  it('says why the service refuses, and that an address has no service', async () => {
    const scripted = await start(() => ({
      kind: 'error',
      status: 400,
      code: 'image_unreadable',
      message: 'not an image',
    }));
    const file = join(await folderOf('a.png'), 'a.png');
    const refused = await ask(scripted.url, file);
    expect([refused.exitCode, refused.stdout]).toEqual([1, '']);
    expect(refused.stderr).toContain('tessera: not an image (image_unreadable, HTTP 400');
    const { url } = scripted;
    scripted.stop();
    const gone = await ask(url, file, '--json');
    expect(gone.exitCode).toBe(1);
    expect(gone.stderr).toContain(`the service at ${url} cannot be reached: connect ECONNREFUSED`);
  });
});
