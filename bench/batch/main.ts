import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Batch } from '@tessera/contracts';
import { freeLoopbackPort, startTestRedis, temporaryDirectory } from '@tessera/testing';
import { Redis } from 'ioredis';
import { Member } from '../../test/chaos/member.js';
import { describeMachine, median, printTable } from '../measure.js';
import { inputForm } from './input-file.js';
import { ProcessMemory, redisPeakBytes } from './process-memory.js';

/**
 * A whole Batch through the system as built, with workers whose engine takes no time: how many rows a second, and
 * whether the memory of every process stays the same however many rows there are.
 */
const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    workers: { type: 'string', default: '1' },
  },
});
const MODEL = 'instant';
const MIB = 2 ** 20;
const SAMPLE_MS = 1_000;
const rows = Number(options.rows);

const directory = await temporaryDirectory('tessera-bench-batch');
const store = path.join(directory.path, 'store');
const redisServer = await startTestRedis('always');
const redis = new Redis(redisServer.url);
const port = await freeLoopbackPort();
const url = `http://127.0.0.1:${port}`;
const environment = {
  REDIS_URL: redisServer.url,
  PORT: String(port),
  TESSERA_DATA_DIR: directory.path,
  TESSERA_STORE: store,
  TESSERA_MODELS: MODEL,
};
const api = new Member('api', { environment, logFile: path.join(directory.path, 'api.log') });
const dispatcher = new Member('dispatcher', {
  environment,
  logFile: path.join(directory.path, 'dispatcher.log'),
});
api.start();
dispatcher.start();
const workers = Array.from({ length: Number(options.workers) }, startWorker);

function startWorker(): ChildProcess {
  const script = fileURLToPath(new URL('./instant-worker.js', import.meta.url));
  return fork(script, ['--redis', redisServer.url, '--store', store, '--model', MODEL], { execArgv: [] });
}

const memories = [
  new ProcessMemory('API', () => api.pid),
  new ProcessMemory('dispatcher', () => dispatcher.pid),
  ...workers.map((worker, index) => new ProcessMemory(`worker ${index + 1}`, () => worker.pid)),
];

async function call<Answer>(method: string, route: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(`${url}${route}`, { method, ...init });
  if (!response.ok) throw new Error(`${method} ${route}: ${response.status} ${await response.text()}`);
  return (await response.json()) as Answer;
}

async function untilReady(): Promise<void> {
  for (;;) {
    const response = await fetch(`${url}/health/ready`).catch(() => undefined);
    if (response?.ok === true) return;
    await delay(100);
  }
}

async function upload(): Promise<string> {
  const { contentType, body } = inputForm(MODEL, rows);
  const stream = Readable.toWeb(Readable.from(body)) as ReadableStream;
  const init = { headers: { 'content-type': contentType }, body: stream, duplex: 'half' } as const;
  return (await call<{ id: string }>('POST', '/v1/files', init)).id;
}

async function untilEnded(id: string, inProgress: () => void): Promise<Batch> {
  for (let seconds = 0; ; seconds++) {
    const batch = await call<Batch>('GET', `/v1/batches/${id}`);
    if (batch.status === 'in_progress') inProgress();
    if (batch.completed_at !== null || batch.failed_at !== null) return batch;
    for (const memory of memories) memory.sample();
    if (seconds % 10 === 0) console.log(`${batch.status}: ${batch.request_counts.completed} of ${rows}`);
    await delay(SAMPLE_MS);
  }
}

/** Lines of the output, and whether each row has one. */
async function countLines(fileId: string): Promise<number> {
  const seen = new Uint8Array(rows);
  const response = await fetch(`${url}/v1/files/${fileId}/content`);
  if (response.body === null) throw new Error('the output has no content');
  let lines = 0;
  let rest = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    const texts = `${rest}${chunk}`.split('\n');
    rest = texts.pop() ?? '';
    for (const text of texts) {
      const row = Number(/"custom_id":"image-(\d+)"/.exec(text)?.[1]);
      seen[row] = 1;
      lines += 1;
    }
  }
  if (!seen.every((one) => one === 1)) throw new Error('a row has no line in the output');
  return lines;
}

const seconds = (from: number, to: number): string => ((to - from) / 1000).toFixed(1);
const mib = (bytes: number): string => (bytes / MIB).toFixed(0);

await untilReady();
const startedAt = performance.now();
const fileId = await upload();
const uploadedAt = performance.now();
let runningAt: number | undefined;
const { id } = await call<Batch>('POST', '/v1/batches', {
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ input_file_id: fileId, endpoint: '/v1/chat/completions', completion_window: '24h' }),
});
const batch = await untilEnded(id, () => (runningAt ??= performance.now()));
const endedAt = performance.now();
if (batch.output_file_id === null) throw new Error(`the batch has no output: ${JSON.stringify(batch)}`);
const lines = await countLines(batch.output_file_id);
console.log(`\n${describeMachine()}; ${rows} rows, ${workers.length} workers\n`);
const ran = endedAt - (runningAt ?? uploadedAt);
printTable(
  ['upload', 'validation', 'rows and output', 'rows/s', 'lines out', 'completed', 'Redis at most'],
  [
    [
      `${seconds(startedAt, uploadedAt)} s`,
      `${seconds(uploadedAt, runningAt ?? uploadedAt)} s`,
      `${(ran / 1000).toFixed(1)} s`,
      Math.round(rows / (ran / 1000)),
      lines,
      batch.request_counts.completed,
      `${mib(await redisPeakBytes(redis))} MiB`,
    ],
  ],
);
printTable(
  ['resident', 'first quarter, MiB', 'last quarter, MiB', 'at most, MiB'],
  memories.map(({ name, samples }) => {
    const quarter = Math.ceil(samples.length / 4);
    return [
      name,
      mib(median(samples.slice(0, quarter))),
      mib(median(samples.slice(-quarter))),
      mib(Math.max(...samples)),
    ];
  }),
);
await Promise.all([api.stop(), dispatcher.stop()]);
for (const worker of workers) {
  const exited = once(worker, 'exit');
  worker.kill('SIGKILL');
  await exited;
}
redis.disconnect();
await redisServer.stop();
await directory.remove();
