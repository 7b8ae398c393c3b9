import { type JobConsumer } from '@tessera/queue';
import { startTestRedis, type TestRedis } from '@tessera/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ErrorBody } from './api-client.js';
import { makePng, toDataUrl } from './pictures.js';
import { startStandInWorker } from './stand-in-worker.js';
import { startTestApi, type TestApi } from './start-test-api.js';
import { watchRedis } from './watch-redis.js';

/** A client that is left hanging gives up after this time. */
const PATIENCE_MS = 4_000;

const BATCH_ID = `batch_${'0'.repeat(32)}`;
const BATCH = {
  input_file_id: `file-${'0'.repeat(32)}`,
  endpoint: '/v1/chat/completions',
  completion_window: '24h',
};

let redis: TestRedis;
let api: TestApi;
let worker: JobConsumer | undefined;

beforeAll(async () => {
  redis = await startTestRedis();
  api = await startTestApi(redis);
});
afterAll(async () => {
  await worker?.drain(0);
  await api.close();
  await redis.stop();
});

const untilBack = () =>
  expect.poll(async () => (await api.client.get('/health/ready')).status, { timeout: 10_000 }).toBe(200);

describe('while Redis is away', () => {
  let jobId: string;

  beforeAll(async () => {
    jobId = (await api.client.createJob({ question: 'kept' })).body.id;
    await redis.kill();
  });

  it('answers 503 at once, tells clients to come back, and keeps nothing of what it refused', async () => {
    const image = toDataUrl(await makePng());
    const requests: [string, string, RequestInit?][] = [
      ['GET', '/v1/jobs'],
      ['GET', `/v1/jobs/${jobId}`],
      ['GET', `/v1/jobs/${jobId}/stream`],
      ['POST', `/v1/jobs/${jobId}/cancel`],
      ['DELETE', `/v1/jobs/${jobId}`],
      ['GET', '/v1/models'],
      ['GET', '/v1/batches'],
      ['GET', `/v1/batches/${BATCH_ID}`],
      ['POST', `/v1/batches/${BATCH_ID}/cancel`],
      ['POST', `/v1/batches/${BATCH_ID}/retry`],
      [
        'POST',
        '/v1/batches',
        { body: JSON.stringify(BATCH), headers: { 'content-type': 'application/json' } },
      ],
      [
        'POST',
        '/v1/jobs',
        {
          body: JSON.stringify({ question: 'q', images: [image] }),
          headers: { 'content-type': 'application/json', prefer: 'wait=30', 'idempotency-key': 'k' },
        },
      ],
    ];
    for (const [method, path, init] of requests) {
      const signal = AbortSignal.timeout(PATIENCE_MS);
      const answer = await api.client.send<ErrorBody>(method, path, { ...init, signal });
      expect(answer, `${method} ${path}`).toMatchObject({
        status: 503,
        body: { error: { code: 'service_unavailable', message: 'Redis cannot be reached right now' } },
      });
      expect(answer.headers.get('retry-after')).toBe('2');
      expect(answer.headers.get('x-should-retry')).toBeNull();
    }
    expect(await api.storedObjects()).toEqual([]);
  });

  it('is live and not ready, and says why', async () => {
    expect((await api.client.get('/health/live')).status).toBe(200);
    expect(await api.client.get('/health/ready')).toMatchObject({
      status: 503,
      body: {
        status: 'not_ready',
        parts: { redis: expect.not.stringMatching(/^ok$/) as unknown, store: 'ok' },
      },
    });
  });

  it('works again by itself, with the jobs of before, once Redis is back', async () => {
    await redis.restart();
    await untilBack();
    expect(await api.client.job(jobId)).toMatchObject({ status: 'queued' });
    expect((await api.client.createJob({ question: 'q' }, { 'idempotency-key': 'k' })).status).toBe(202);
  });
});

describe('an outage of Redis in the middle', () => {
  it('only costs those time who wait for an answer or read its stream', async () => {
    const key = { 'idempotency-key': 'awaited' };
    const { body } = await api.client.createJob({ question: 'awaited' }, key);
    const watch = await watchRedis(redis.url);
    const waiting = api.client.createJob({ question: 'awaited' }, { ...key, prefer: 'wait=60' });
    await watch.jobWasRead(body.id);
    watch.close();
    const stream = await fetch(`${api.url}/v1/jobs/${body.id}/stream`);
    await redis.kill();
    await redis.restart();
    worker = await startStandInWorker(api);
    expect(await waiting).toMatchObject({ status: 200, body: { id: body.id, status: 'completed' } });
    expect(await stream.text()).toMatch(/event: text\n[\s\S]*event: job\ndata: .*"status":"completed"/);
  });
});

describe('a process that is told to stop while Redis is away', () => {
  it('stops', async () => {
    const own = await startTestRedis();
    const other = await startTestApi(own);
    await own.kill();
    await other.close();
    await own.stop();
    await expect(fetch(`${other.url}/health/live`)).rejects.toThrow();
  });
});
