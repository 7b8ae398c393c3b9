import { type Job, type OwnerUsageObject } from '@tessera/contracts';
import { type JobConsumer } from '@tessera/queue';
import { startTestRedis, type TestRedis } from '@tessera/testing';
import { Redis } from 'ioredis';
import OpenAI from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN_KEY, createKey } from '../access/admin-client.js';
import { type ErrorBody } from './api-client.js';
import { openAiClient } from './openai-client.js';
import { makePng, toDataUrl } from './pictures.js';
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

  it('is the same limit for all replicas together', async () => {
    api = await startTestApi(redis, { TESSERA_LIMIT_CONCURRENT_REQUESTS: '5' });
    const job = (await api.client.post<Job>('/v1/jobs', QUESTION)).body;
    const other = await startTestApi(redis, {
      TESSERA_LIMIT_CONCURRENT_REQUESTS: '5',
      TESSERA_QUEUE_PREFIX: api.config.redis.prefix,
    });
    const readers = new AbortController();
    const streams = await Promise.all(
      [api, other].flatMap(({ url }) =>
        Array.from({ length: 10 }, () =>
          fetch(`${url}/v1/jobs/${job.id}/stream`, { signal: readers.signal }),
        ),
      ),
    );
    expect(streams.filter(({ status }) => status === 200)).toHaveLength(5);
    expect(streams.filter(({ status }) => status === 429)).toHaveLength(15);
    readers.abort();
    await expect.poll(async () => (await other.client.get('/v1/jobs')).status).toBe(200);
    await other.close();
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

describe('queued jobs and stored bytes', () => {
  const image = async () => {
    const png = await makePng();
    const url = toDataUrl(png);
    const content = [
      { type: 'image_url', image_url: { url } },
      { type: 'text', text: 'q' },
    ];
    return { bytes: png.length, question: { model: 'tiny', messages: [{ role: 'user', content }] } };
  };

  it('are counted as the job is made, and refused with the limit and what there is', async () => {
    const { bytes, question } = await image();
    api = await startTestApi(redis, {
      TESSERA_LIMIT_QUEUED_JOBS: '2',
      TESSERA_LIMIT_STORED_BYTES: String(bytes + 5),
    });
    expect((await api.client.post('/v1/jobs', question)).status).toBe(202);
    const stored = await api.storedObjects();
    const full = await api.client.post<ErrorBody>('/v1/jobs', question);
    expect(full.status).toBe(429);
    expect(full.body.error).toMatchObject({ type: 'rate_limit_error', code: 'storage_limit_exceeded' });
    expect(full.body.error.message).toContain(`at most ${bytes + 5} bytes may be stored, ${bytes} are`);
    expect(full.headers.get('x-should-retry')).toBe('false');
    expect(await api.storedObjects()).toEqual(stored);

    expect((await api.client.post('/v1/jobs', QUESTION)).status).toBe(202);
    const refused = await api.client.post<ErrorBody>('/v1/jobs', QUESTION);
    expect(refused.status).toBe(429);
    expect(refused.body.error.message).toBe('at most 2 jobs may wait for a worker under this key, 2 do now');
    expect(refused.headers.get('retry-after')).toBe('10');
  });

  it('cut an upload off that would pass the limit, and nothing is kept', async () => {
    api = await startTestApi(redis, { TESSERA_LIMIT_STORED_BYTES: '100000' });
    const openai = openAiClient(api.url);
    const upload = (bytes: number) =>
      openai.files.create({
        purpose: 'user_data',
        file: new File([new Uint8Array(bytes)], 'a.bin'),
      });
    const file = await upload(60_000);
    const stored = await api.storedObjects();
    await expect(upload(60_000)).rejects.toMatchObject({ status: 429, code: 'storage_limit_exceeded' });
    expect(await api.storedObjects()).toEqual(stored);
    const parts = { purpose: 'user_data' as const, filename: 'b.bin', mime_type: 'application/octet-stream' };
    await expect(openai.uploads.create({ ...parts, bytes: 40_001 })).rejects.toMatchObject({
      code: 'storage_limit_exceeded',
    });
    await openai.files.delete(file.id);
    expect((await upload(60_000)).bytes).toBe(60_000);
  });
});

describe('open batches', () => {
  const batch = { input_file_id: 'file-x', endpoint: '/v1/chat/completions', completion_window: '24h' };
  const make = (headers = {}) => api.client.post<ErrorBody>('/v1/batches', batch, headers);

  it('are refused beyond the limit with the limit and what there is, and nothing is kept', async () => {
    api = await startTestApi(redis, { TESSERA_LIMIT_OPEN_BATCHES: '2' });
    const key = { 'Idempotency-Key': 'first' };
    expect([(await make(key)).status, (await make()).status]).toEqual([200, 200]);
    const stored = await api.storedObjects();
    const refused = await make();
    expect([refused.status, refused.headers.get('x-should-retry')]).toEqual([429, 'false']);
    expect(refused.body.error).toMatchObject({
      type: 'rate_limit_error',
      code: 'open_batches_exceeded',
      message: 'at most 2 batches of this key may be open at a time, 2 are now',
    });
    expect(await api.storedObjects()).toEqual(stored);
    const replayed = await make(key);
    expect([replayed.status, replayed.headers.get('idempotent-replayed')]).toEqual([200, 'true']);
    const usage = await api.client.get<OwnerUsageObject>('/v1/usage');
    expect(usage.body.open_batches).toEqual({ limit: 2, used: 2 });
  });

  it('that come at the same time leave no manifest of those refused', async () => {
    api = await startTestApi(redis, { TESSERA_LIMIT_OPEN_BATCHES: '2' });
    const statuses = (await Promise.all(Array.from({ length: 8 }, () => make()))).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(2);
    expect(statuses.filter((status) => status === 429)).toHaveLength(6);
    expect(await api.storedObjects()).toHaveLength(2);
  });
});

describe('a key that takes all it can get', () => {
  it('leaves others half of the queue and half of the streams', async () => {
    api = await startTestApi(redis, {
      TESSERA_ADMIN_KEY: ADMIN_KEY,
      TESSERA_MAX_WAITING_JOBS: '4',
      TESSERA_MAX_STREAMS: '2',
    });
    const admin = api.client.withKey(ADMIN_KEY);
    const [greedy, other] = [await createKey(admin, ['jobs']), await createKey(admin, ['jobs'])];
    const ask = ({ key }: { key: string }) =>
      api.client.withKey(key).post<Job & ErrorBody>('/v1/jobs', QUESTION);
    const [{ body: job }, second, third] = [await ask(greedy), await ask(greedy), await ask(greedy)];
    expect([second.status, third.status]).toEqual([202, 429]);
    expect(third.body.error).toMatchObject({
      code: 'queued_jobs_exceeded',
      message: 'at most 2 jobs may wait for a worker under this key, 2 do now',
    });
    const { body: othersJob, status } = await ask(other);
    expect(status).toBe(202);
    const usage = await api.client.withKey(greedy.key).get<OwnerUsageObject>('/v1/usage');
    expect(usage.body.queued_jobs).toEqual({ limit: 2, used: 2 });

    const leaving = new AbortController();
    const open = ({ id }: Job, { key }: { key: string }) =>
      fetch(`${api.url}/v1/jobs/${id}/stream`, {
        headers: { authorization: `Bearer ${key}` },
        signal: leaving.signal,
      });
    expect((await open(job, greedy)).status).toBe(200);
    const refused = await open(job, greedy);
    expect([refused.status, (await refused.json()) as ErrorBody]).toMatchObject([
      429,
      {
        error: {
          code: 'too_many_streams',
          message: 'at most 1 event streams of one key may be open at a time, and as many are',
        },
      },
    ]);
    expect((await open(othersJob, other)).status).toBe(200);
    leaving.abort();
  });
});

describe('limits of keys', () => {
  it('hold each key to its own, come back with its usage, and do not touch another key', async () => {
    api = await startTestApi(redis, {
      TESSERA_ADMIN_KEY: ADMIN_KEY,
      TESSERA_LIMIT_QUEUED_JOBS: '1',
      TESSERA_LIMIT_TOKENS_PER_DAY: '1000',
    });
    const admin = api.client.withKey(ADMIN_KEY);
    const more = await createKey(admin, ['jobs'], { limits: { queued_jobs: 2, concurrent_requests: 9 } });
    const other = await createKey(admin, ['jobs']);
    const ask = async ({ key }: { key: string }) =>
      (await api.client.withKey(key).post('/v1/jobs', QUESTION)).status;
    expect([await ask(more), await ask(more), await ask(more)]).toEqual([202, 202, 429]);
    expect([await ask(other), await ask(other)]).toEqual([202, 429]);

    const { body: usage } = await admin.get<OwnerUsageObject>(`/v1/admin/keys/${more.id}/usage`);
    expect(usage).toMatchObject({
      object: 'usage',
      owner: more.id,
      requests_per_second: { limit: null, used: 0 },
      queued_jobs: { limit: 2, used: 2 },
      open_batches: { limit: 1_000, used: 0 },
      queued_rows: { limit: null, used: 0 },
      stored_bytes: { limit: null, used: 0 },
      tokens_per_day: { limit: 1000, used: 0 },
    });
    expect(usage.tokens_per_day.resets_at % 86_400).toBe(0);
    const own = await api.client.withKey(more.key).get<OwnerUsageObject>('/v1/usage');
    expect(own.body).toMatchObject({ owner: more.id, concurrent_requests: { limit: 9, used: 1 } });
    const unknown = await admin.get<ErrorBody>(`/v1/admin/keys/key_${'0'.repeat(32)}/usage`);
    expect(unknown.body.error.code).toBe('api_key_not_found');
  });
});
