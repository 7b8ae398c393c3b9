import { once } from 'node:events';
import { readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Batch, type BatchRow, type RowAnswer } from '@tessera/contracts';
import {
  startTestRedis,
  temporaryDirectory,
  type TemporaryDirectory,
  type TestRedis,
} from '@tessera/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startTestApi, type TestApi } from '../integration/api/start-test-api.js';
import {
  answered,
  type BatchSystem,
  inputLine,
  refused,
  type ResultLine,
} from '../integration/batches/batch-bench.js';
import { systemOfApi } from '../integration/batches/system-of-api.js';
import { runCli, type RunningCli, startCli } from './run-cli.js';

let redis: TestRedis;
let api: TestApi;
let system: BatchSystem;
let home: TemporaryDirectory;
/** What the worker makes of a row. */
let answerRow: (row: BatchRow) => Promise<RowAnswer>;
const closers: (() => Promise<unknown>)[] = [];
let files = 0;

beforeAll(async () => {
  redis = await startTestRedis();
  home = await temporaryDirectory();
  api = await startTestApi(redis);
  system = await systemOfApi(api, redis.url, closers);
  await system.startDispatcher();
  await system.startWorker((row) => answerRow(row));
});
afterAll(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await api.close();
  await home.remove();
  await redis.stop();
});

const batch = (...words: string[]) =>
  runCli(['batch', ...words, '--url', api.url], { environment: { TESSERA_DATA_DIR: home.path } });

async function inputFile(lines: readonly string[]): Promise<string> {
  const path = join(home.path, `input-${files++}.jsonl`);
  await writeFile(path, `${lines.join('\n')}\n`);
  return path;
}

const parse = <T>(text: string): T => JSON.parse(text) as T;
const parseLines = (text: string) =>
  text
    .split('\n')
    .slice(0, -1)
    .map(parse<ResultLine>);
const customIds = (lines: readonly ResultLine[]) => lines.map(({ custom_id: id }) => id).sort();

/** Answers rows except those whose custom id begins with `bad`. */
const answerGoodRows = ({ customId }: BatchRow) =>
  Promise.resolve(customId.startsWith('bad') ? refused : answered());

/** A worker that begins rows and holds them until it is let go. */
function holdRows(): { begun: Promise<void>; release: () => void } {
  let release = (): void => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  const begun = new Promise<void>((resolve) => {
    answerRow = async () => {
      resolve();
      await released;
      return answered();
    };
  });
  return { begun, release };
}

/** Once a command has looked at a batch, of the log lines from `start` on. */
async function followed(start: number): Promise<void> {
  const isLook = (line: string): boolean => /"GET".*"\/v1\/batches\/batch_/.test(line);
  await vi.waitUntil(() => api.logLines.slice(start).some(isLook), { timeout: 30_000, interval: 20 });
}

describe('tessera batch', () => {
  it('submits a file, waits, fetches answers and failures, and repeats the failed rows only', async () => {
    answerRow = answerGoodRows;
    const input = await inputFile(['a', 'bad-1', 'b', 'bad-2', 'c'].map((id) => inputLine(id)));
    const submitted = await batch('submit', input, '--wait', '--json', '--metadata', 'set=a=b');
    expect(submitted).toMatchObject({ exitCode: 0 });
    const first = parse<Batch>(submitted.stdout);
    expect(submitted.stderr).toContain(`made ${first.id}`);
    expect(first).toMatchObject({
      status: 'completed',
      completion_window: '24h',
      metadata: { set: 'a=b' },
      request_counts: { total: 5, completed: 3, failed: 2 },
    });

    const output = join(home.path, 'new/answers.jsonl');
    expect(await batch('results', first.id, '-o', output)).toMatchObject({ exitCode: 0, stdout: '' });
    expect(customIds(parseLines(await readFile(output, 'utf8')))).toEqual(['a', 'b', 'c']);
    expect(await readdir(join(home.path, 'new'))).toEqual(['answers.jsonl']);
    const partial = await batch('results', first.id, '--partial');
    expect(partial.stdout).toBe(await readFile(output, 'utf8'));
    const failures = await batch('results', first.id, '--errors');
    expect(customIds(parseLines(failures.stdout))).toEqual(['bad-1', 'bad-2']);

    answerRow = () => Promise.resolve(answered());
    const retried = await batch('retry', first.id, '--wait', '--json', '--fail-on-error');
    const second = parse<Batch>(retried.stdout);
    expect([retried.exitCode, second.status, second.retry_of]).toEqual([0, 'completed', first.id]);
    const repeated = await batch('results', second.id);
    expect(customIds(parseLines(repeated.stdout))).toEqual(['bad-1', 'bad-2']);
  });

  it('leaves a batch running when Ctrl-C ends the wait, and says how to come back', async () => {
    const { begun, release } = holdRows();
    const logStart = api.logLines.length;
    const input = await inputFile([inputLine('a')]);
    const { process, ended } = startCli(['batch', 'submit', input, '--wait', '--url', api.url]);
    await Promise.all([begun, followed(logStart)]);
    process.kill('SIGINT');
    const interrupted = await ended;
    expect(interrupted).toMatchObject({ exitCode: 130, stdout: '' });
    const [, id = ''] = /made (batch_\w+)/.exec(interrupted.stderr) ?? [];
    expect(interrupted.stderr).toContain(`tessera batch status ${id} --wait --url ${api.url}`);
    expect(await batch('results', id)).toMatchObject({
      exitCode: 1,
      stderr: `tessera: batch ${id} has no results yet: it is in_progress\n`,
    });
    expect(await batch('results', id, '--partial')).toMatchObject({ exitCode: 0, stdout: '' });
    release();
    expect(await batch('status', id, '--wait')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('1 completed, 0 failed of 1') as unknown,
    });
  });

  it('cancels, and exits with 1 from a wait that ends cancelled', async () => {
    const { begun, release } = holdRows();
    const submitted = await batch('submit', await inputFile([inputLine('a')]), '--priority', 'low');
    const id = submitted.stdout.trim();
    expect(submitted.stdout).toMatch(/^batch_[0-9a-f]{32}\n$/);
    await begun;
    const cancelled = await batch('cancel', id, '--json');
    expect(parse<Batch>(cancelled.stdout)).toMatchObject({ id, status: 'cancelling', priority: 'low' });
    release();
    expect(await batch('status', id, '--wait')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(`batch ${id} ended cancelled`) as unknown,
    });
  });

  it('exits with 1 from --fail-on-error, and from a wait for a batch whose input is not valid', async () => {
    answerRow = answerGoodRows;
    const bad = await batch('submit', await inputFile([inputLine('bad')]), '--wait', '--fail-on-error');
    expect(bad.exitCode).toBe(1);
    expect(bad.stderr).toMatch(/1 rows of batch batch_\w+ failed \(--fail-on-error\)/);
    const invalid = await batch('submit', await inputFile([inputLine('a'), '{"custom_id":']), '--wait');
    expect(invalid.exitCode).toBe(1);
    expect(invalid.stdout).toMatch(/line 2: .*\(invalid_json_line\)/);
  });

  it('lists batches newest first, some at a time', async () => {
    const whole = await batch('list', '--json');
    const ids = whole.stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => parse<Batch>(line).id);
    expect(ids.length).toBeGreaterThan(2);
    const page = await batch('list', '--limit', '1', '--after', ids[0] ?? '');
    expect(page.stdout).toMatch(new RegExp(`^${ids[1]}  .*\n$`));
    expect(page.stderr).toBe(`there are more: --after ${ids[1]}\n`);
  });

  it('says in one line what the service refuses and what cannot be read', async () => {
    const unknown = `batch_${'0'.repeat(32)}`;
    const notFound = await batch('cancel', unknown);
    expect(notFound.exitCode).toBe(1);
    expect(notFound.stderr).toMatch(/^tessera: no batch has the id .*\(batch_not_found, HTTP 404 .*\)\n$/);
    // Refused at its first line, while the rest is on its way.
    const text = await batch('submit', await inputFile(['no JSON', 'x'.repeat(20_000_000)]));
    expect(text.exitCode).toBe(1);
    expect(text.stderr).toMatch(/tessera: .*\(file_invalid, HTTP 400 .*\)\n$/);
    expect(await batch('submit', join(home.path, 'none.jsonl'))).toMatchObject({
      exitCode: 1,
      stderr: `tessera: ${home.path}/none.jsonl cannot be submitted: there is no such file\n`,
    });
  });
});

/** A server in the place of the service, while `use` runs. */
async function withServer(listener: RequestListener, use: (url: string) => Promise<void>): Promise<void> {
  const server = createServer(listener);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** The most memory that a running process has had. */
async function peakBytes(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

describe('tessera batch submit', () => {
  it('streams a file that is larger than the memory it needs', async () => {
    const path = await inputFile([]);
    await truncate(path, 300_000_000);
    let peak = Promise.resolve(Infinity);
    let received = 0;
    const receive: RequestListener = (request, response) => {
      request.on('data', (chunk: Buffer) => (received += chunk.length));
      request.on('end', () => {
        if (request.url === '/v1/batches') return void response.end(JSON.stringify(ENDED));
        peak = peakBytes(cli?.process.pid);
        void peak.finally(() => response.end(JSON.stringify({ id: 'file-in', object: 'file' })));
      });
    };
    let cli: RunningCli | undefined;
    await withServer(receive, async (url) => {
      cli = startCli(['batch', 'submit', path, '--url', url]);
      expect(await cli.ended).toMatchObject({ exitCode: 0, stdout: 'batch_1\n' });
    });
    expect(received).toBeGreaterThan(300_000_000);
    expect(await peak).toBeLessThan(250_000_000);
  });
});

describe('tessera batch results', () => {
  it('leaves no file of a download that breaks off', async () => {
    const breakOff: RequestListener = (request, response) => {
      if (request.url?.endsWith('/content') !== true) return void response.end(JSON.stringify(ENDED));
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"custom_id":"a"}\n', () => response.destroy());
    };
    const folder = join(home.path, 'broken');
    await withServer(breakOff, async (url) => {
      const result = await runCli(['batch', 'results', 'batch_1', '-o', `${folder}/out.jsonl`, '--url', url]);
      expect(result.exitCode).toBe(1);
      expect(result.stderr).toContain(`the service at ${url} cannot be reached`);
      expect(await readdir(folder)).toEqual([]);
    });
  });
});

const ENDED = {
  id: 'batch_1',
  object: 'batch',
  status: 'completed',
  input_file_id: 'file-in',
  output_file_id: 'file-out',
  created_at: 0,
  request_counts: { total: 1, completed: 1, failed: 0 },
};
