import { type Job } from '@tessera/contracts';
import { type JobConsumer } from '@tessera/queue';
import { startTestRedis, type TestRedis } from '@tessera/testing';
import { Redis } from 'ioredis';
import OpenAI from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ErrorBody } from './api-client.js';
import { startStandInWorker } from './stand-in-worker.js';
import { startTestApi, type TestApi } from './start-test-api.js';

const QUESTION = { model: 'tiny', messages: [{ role: 'user' as const, content: 'What is it?' }] };
const HOUR_MS = 3_600_000;

let redis: TestRedis;
let client: Redis;
let api: TestApi;
let worker: JobConsumer | undefined;

beforeAll(async () => {
  redis = await startTestRedis();
  client = new Redis(redis.url);
});
afterEach(async () => {
  await worker?.drain(0);
  worker = undefined;
  await api.close();
});
afterAll(async () => {
  client.disconnect();
  await redis.stop();
});

const key = (name: string) => `{${api.config.redis.prefix}}:${name}`;

/** Lets so many requests of the administrator pass; none come back before `atMs`. */
async function setBucket(tokens: number, atMs: number): Promise<void> {
  await client.hset(key('request-bucket:admin'), { tokens, atUs: atMs * 1000 });
}

describe('requests a second', () => {
  it('tells every answer what is left, and the refused one when to come back', async () => {
    api = await startTestApi(redis, { TESSERA_LIMIT_REQUESTS_PER_SECOND: '4' });
    await setBucket(2, Date.now() + HOUR_MS);
    const passed = await api.client.get('/v1/jobs');
    expect(passed.status).toBe(200);
    expect(Object.fromEntries(passed.headers)).toMatchObject({
      'x-ratelimit-limit-requests': '4',
      'x-ratelimit-remaining-requests': '1',
      'x-ratelimit-reset-requests': '750ms',
    });
    // What has no route counts as well, or it would be a way to ask without end.
    const response = await fetch(`${api.url}/v1/nothing`);
    expect(response.status).toBe(404);
    expect(response.headers.get('x-ratelimit-remaining-requests')).toBe('0');

    const refused = await api.client.get<ErrorBody>('/v1/jobs');
    expect(refused.status).toBe(429);
    expect(refused.body.error).toMatchObject({ type: 'rate_limit_error', code: 'rate_limit_exceeded' });
    expect(refused.body.error.message).toMatch(/at most 4 requests a second/);
    expect(refused.headers.has('x-should-retry')).toBe(false);
    expect(Object.fromEntries(refused.headers)).toMatchObject({
      'retry-after': '1',
      'retry-after-ms': '250',
      'x-ratelimit-remaining-requests': '0',
    });
  });

  it('does not hold probes and documentation to any limit', async () => {
    api = await startTestApi(redis, { TESSERA_LIMIT_REQUESTS_PER_SECOND: '1' });
    await setBucket(0, Date.now() + HOUR_MS);
    for (const path of ['/health/live', '/health/ready', '/docs/json', '/docs']) {
      const response = await fetch(api.url + path);
      expect(response.status).toBe(200);
      expect(response.headers.has('x-ratelimit-limit-requests')).toBe(false);
    }
    expect((await api.client.get('/v1/jobs')).status).toBe(429);
  });

  it('lets OpenAI’s client come back exactly when it may', async () => {
    api = await startTestApi(redis, { TESSERA_LIMIT_REQUESTS_PER_SECOND: '1' });
    await setBucket(0, Date.now());
    const sentAtMs: number[] = [];
    const openai = new OpenAI({
      baseURL: `${api.url}/v1`,
      apiKey: 'none',
      maxRetries: 1,
      fetch: (url, init) => {
        sentAtMs.push(performance.now());
        return fetch(url, init);
      },
    });
    expect((await openai.models.list()).data.map(({ id }) => id)).toEqual(['tiny']);
    const [first = 0, second = 0] = sentAtMs;
    expect(sentAtMs).toHaveLength(2);
    // Left to itself it waits for half a second at most.
    expect(second - first).toBeGreaterThan(600);
  });

  it('has no answer that is not limited while Redis is away', async () => {
    api = await startTestApi(redis, { TESSERA_LIMIT_REQUESTS_PER_SECOND: '1000' });
    await redis.kill();
    try {
      expect((await api.client.get<ErrorBody>('/v1/models')).body.error.code).toBe('service_unavailable');
      expect((await fetch(`${api.url}/health/live`)).status).toBe(200);
    } finally {
      await redis.restart();
    }
  });
});

describe('concurrent requests', () => {
  it('counts an event stream until its reader goes away', async () => {
    api = await startTestApi(redis, { TESSERA_LIMIT_CONCURRENT_REQUESTS: '1' });
    const job = (await api.client.post<Job>('/v1/jobs', QUESTION)).body;
    const reader = new AbortController();
    const stream = await fetch(`${api.url}/v1/jobs/${job.id}/stream`, { signal: reader.signal });
    expect(stream.status).toBe(200);
    const refused = await api.client.get<ErrorBody>('/v1/jobs');
    expect(refused.status).toBe(429);
    expect(refused.body.error.code).toBe('too_many_concurrent_requests');
    expect(refused.body.error.message).toBe('at most 1 requests may be under way at a time, 1 are now');
    expect(refused.headers.get('retry-after-ms')).toBe('1000');
    reader.abort();
    await expect.poll(async () => (await api.client.get('/v1/jobs')).status).toBe(200);
  });

  it('lets one who asks one after the other always pass, refusals included', async () => {
    api = await startTestApi(redis, { TESSERA_LIMIT_CONCURRENT_REQUESTS: '1' });
    for (let round = 0; round < 20; round += 1) {
      expect((await api.client.get('/v1/jobs')).status).toBe(200);
      expect((await api.client.post('/v1/jobs', { nonsense: true })).status).toBe(400);
    }
  });
});

describe('tokens a day', () => {
  it('refuses new work until midnight once they are used up, and still shows what there is', async () => {
    api = await startTestApi(redis, { TESSERA_LIMIT_TOKENS_PER_DAY: '15' });
    worker = await startStandInWorker(api);
    // Should it be midnight just now, as much is used of tomorrow's.
    await client.set(key(`tokens:${Math.floor(Date.now() / 86_400_000) + 1}:admin`), 15);
    const { body: job } = await api.client.post<Job>('/v1/jobs', QUESTION, { prefer: 'wait=30' });
    expect(job).toMatchObject({ status: 'completed', usage: { total_tokens: 15 } });
    const refused = await api.client.post<ErrorBody>('/v1/jobs', QUESTION);
    expect(refused.status).toBe(429);
    expect(refused.body.error.code).toBe('insufficient_quota');
    expect(refused.body.error.message).toMatch(/at most 15 tokens .* \d+ are used today/);
    expect(refused.headers.get('x-should-retry')).toBe('false');
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(86_400);
    expect(refused.headers.get('x-ratelimit-remaining-tokens')).toBe('0');
    const chat = await api.client.post<ErrorBody>('/v1/chat/completions', QUESTION);
    expect(chat.body.error.code).toBe('insufficient_quota');
    expect((await api.client.get(`/v1/jobs/${job.id}`)).status).toBe(200);
  });
});
