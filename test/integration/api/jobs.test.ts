import { type Job, type JobRecord } from '@tessera/contracts';
import { startTestRedis, type TestRedis } from '@tessera/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formOf, makePng, toDataUrl } from './pictures.js';
import { completed, startStandInWorker } from './stand-in-worker.js';
import { startTestApi, type TestApi } from './start-test-api.js';

interface List<Item> {
  data: Item[];
  first_id: string | null;
  last_id: string | null;
  has_more: boolean;
}

let redis: TestRedis;
let api: TestApi;
let png: Uint8Array<ArrayBuffer>;
let drain: () => Promise<unknown>;

beforeAll(async () => {
  redis = await startTestRedis();
  png = await makePng();
});
afterAll(() => redis.stop());

describe('a job while a worker answers', () => {
  beforeAll(async () => {
    api = await startTestApi(redis);
    const worker = await startStandInWorker(api);
    drain = () => worker.drain(1_000);
  });
  afterAll(async () => {
    await drain();
    await api.close();
  });

  it('answers the short form after Prefer: wait, with everything that the answer carries', async () => {
    const images = [toDataUrl(png), 'https://example.com/cat.jpg'];
    const { status, headers, body } = await api.client.createJob(
      { question: 'What is it?', images, metadata: { row: '7' } },
      { prefer: 'wait=30' },
    );
    expect(status).toBe(200);
    expect(headers.get('preference-applied')).toBe('wait=30');
    expect(headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/);
    expect(body).toMatchObject({
      object: 'job',
      status: 'completed',
      output: { text: 'What is it? (2 images)', finish_reason: 'stop' },
      model: { id: 'tiny', revision: 'r1' },
      usage: { prompt_tokens: 522, prompt_tokens_details: { image_tokens: 512 } },
      error: null,
      metadata: { row: '7' },
      attempts: 1,
      urls: { get: `${api.url}/v1/jobs/${body.id}`, stream: `${api.url}/v1/jobs/${body.id}/stream` },
    });
    expect(body.tiles).toHaveLength(2);
    expect(Object.keys(body.timings ?? {})).toHaveLength(7);
    expect(await api.client.job(body.id)).toEqual(body);
  });

  it('takes several rounds and several images in the parts of OpenAI', async () => {
    const part = (url: string) => ({ type: 'image_url', image_url: { url, detail: 'low' } });
    const { status, body } = await api.client.createJob(
      {
        model: 'tiny',
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: [part(toDataUrl(png)), { type: 'text', text: 'What is it?' }] },
          { role: 'assistant', content: 'Red.' },
          { role: 'user', content: [part(toDataUrl(png)), { type: 'text', text: 'And this?' }] },
        ],
        max_completion_tokens: 16,
      },
      { prefer: 'wait=30' },
    );
    expect(status).toBe(200);
    expect(body.output?.text).toBe('And this? (2 images)');
  });

  it.each([
    ['question', { question: 'What is it?', max_tokens: '16' }, 'What is it? (2 images)'],
    [
      'messages that name the uploads',
      {
        messages: JSON.stringify([
          {
            role: 'user',
            content: [
              { type: 'image_url', image_url: { url: 'upload:1' } },
              { type: 'image_url', image_url: { url: 'upload:0' } },
              { type: 'text', text: 'Which is red?' },
            ],
          },
        ]),
      },
      'Which is red? (2 images)',
    ],
  ])('takes uploads with %s', async (_case, fields, expected) => {
    const { status, body } = await api.client.send<Job>('POST', '/v1/jobs', {
      body: formOf([png, await makePng(9, 9)], fields),
      headers: { prefer: 'wait=30' },
    });
    expect(status).toBe(200);
    expect(body.output?.text).toBe(expected);
  });

  it('lists newest first and goes on after a cursor', async () => {
    const created: string[] = [];
    for (let index = 0; index < 3; index += 1) {
      created.unshift((await api.client.createJob({ question: `q${index}` })).body.id);
    }
    const first = (await api.client.get<List<Job>>('/v1/jobs?limit=2')).body;
    expect(first.data.map(({ id }) => id)).toEqual(created.slice(0, 2));
    expect(first).toMatchObject({ first_id: created[0], last_id: created[1], has_more: true });
    const second = (await api.client.get<List<Job>>(`/v1/jobs?limit=100&after=${first.last_id ?? ''}`)).body;
    expect(second.data[0]?.id).toBe(created[2]);
    expect(second.has_more).toBe(false);
    const { data } = (await api.client.get<List<Job>>('/v1/jobs?status=expired')).body;
    expect(data).toEqual([]);
  });

  it('refuses to cancel a job that has ended, and tells clients not to try again', async () => {
    const { body } = await api.client.createJob({ question: 'q' }, { prefer: 'wait=30' });
    const refusal = await api.client.send('POST', `/v1/jobs/${body.id}/cancel`);
    expect(refusal).toMatchObject({ status: 409, body: { error: { code: 'job_finished' } } });
    expect(refusal.headers.get('x-should-retry')).toBe('false');
  });

  it('deletes a job that has ended, with its images', async () => {
    const before = await api.storedObjects();
    const { body } = await api.client.createJob(
      { question: 'q', images: [toDataUrl(png)] },
      { prefer: 'wait=30' },
    );
    expect(await api.storedObjects()).toHaveLength(before.length + 1);
    const deletion = await api.client.send('DELETE', `/v1/jobs/${body.id}`);
    expect(deletion.body).toEqual({ id: body.id, object: 'job', deleted: true });
    expect(await api.storedObjects()).toEqual(before);
    expect((await api.client.get(`/v1/jobs/${body.id}`)).status).toBe(404);
    expect((await api.client.send('DELETE', `/v1/jobs/${body.id}`)).status).toBe(404);
  });

  it('takes the empty JSON body that Python’s SDK sends on cancel and delete', async () => {
    const { body } = await api.client.createJob({ question: 'q' }, { prefer: 'wait=30' });
    const headers = { 'content-type': 'application/json' };
    expect((await api.client.send('POST', `/v1/jobs/${body.id}/cancel`, { headers })).status).toBe(409);
    expect((await api.client.send('DELETE', `/v1/jobs/${body.id}`, { headers })).status).toBe(200);
  });

  it('shows the model that a worker serves', async () => {
    const { body } = await api.client.get<List<{ id: string }>>('/v1/models');
    expect(body.data).toEqual([
      expect.objectContaining({
        id: 'tiny',
        served: true,
        revision: 'r1',
        context_tokens: 4096,
        device: 'cpu',
      }),
    ]);
  });
});

describe('what a worker gets', () => {
  beforeAll(async () => {
    api = await startTestApi(redis, { TESSERA_ALLOWED_PRIVATE_NETWORKS: '10.0.0.0/8' });
  });
  afterAll(() => api.close());

  it('is the checked request: numbered images, tile budgets, limits, webhook, and bytes only by their key', async () => {
    const { headers, body } = await api.client.createJob({
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image_url', image_url: { url: toDataUrl(png), max_dynamic_patch: 4 } },
            { type: 'image_url', image_url: { url: 'http://10.0.0.9/a.png', detail: 'high' } },
            { type: 'text', text: 'Same?' },
          ],
        },
      ],
      max_tokens: 16,
      webhook: 'http://10.0.0.8/hook',
      webhook_events_filter: ['job.completed'],
      policy: { ttl_seconds: 60, execution_timeout_seconds: 5, max_attempts: 2, priority: 'low' },
      metadata: { row: '7' },
    });
    const received = await new Promise<JobRecord>((resolve) => {
      void startStandInWorker(api, async (attempt) => {
        resolve(attempt.record);
        return completed('Yes.', 2);
      }).then((worker) => (drain = () => worker.drain(1_000)));
    });
    expect(received).toMatchObject({
      id: body.id,
      request: {
        model: 'tiny',
        maxTokens: 16,
        messages: [
          {
            role: 'user',
            content: [
              { type: 'image', image: 0 },
              { type: 'image', image: 1 },
              { type: 'text', text: 'Same?' },
            ],
          },
        ],
        images: [
          { source: { kind: 'object', key: `jobs/${body.id}/images/0`, bytes: png.length }, maxTiles: 4 },
          { source: { kind: 'url', url: 'http://10.0.0.9/a.png' }, maxTiles: 24 },
        ],
      },
      webhook: { url: 'http://10.0.0.8/hook', events: ['job.completed'] },
      executionTimeoutMs: 5_000,
      maxAttempts: 2,
      metadata: { row: '7' },
      requestId: headers.get('x-request-id'),
    });
    expect((received.deadlineAtMs ?? 0) - received.createdAtMs).toBe(60_000);
    await drain();
  });
});

describe('a job while no worker is there', () => {
  beforeAll(async () => {
    api = await startTestApi(redis, {
      TESSERA_MAX_WAITING_JOBS: '3',
      TESSERA_PUBLIC_URL: 'https://t.test/x/',
    });
  });
  afterAll(() => api.close());

  it('is queued, answered with 202 and its place, and cancelled at once', async () => {
    const first = await api.client.createJob({ question: 'one' }, { prefer: 'respond-async' });
    const second = await api.client.createJob({ question: 'two', images: [toDataUrl(png)] });
    expect(first).toMatchObject({ status: 202, body: { status: 'queued', queue_position: 0, output: null } });
    expect(first.headers.get('location')).toBe(`/v1/jobs/${first.body.id}`);
    expect(first.headers.get('preference-applied')).toBe('respond-async');
    expect(second.headers.get('preference-applied')).toBeNull();
    expect(second.body.queue_position).toBe(1);
    expect(second.body.urls.get).toBe(`https://t.test/x/v1/jobs/${second.body.id}`);

    const early = await api.client.send('DELETE', `/v1/jobs/${second.body.id}`);
    expect(early).toMatchObject({ status: 409, body: { error: { code: 'job_not_finished' } } });
    for (const { body } of [first, second]) {
      const cancelled = await api.client.send<Job>('POST', `/v1/jobs/${body.id}/cancel`);
      expect(cancelled).toMatchObject({
        status: 202,
        body: { status: 'cancelled', error: { code: 'job_cancelled' } },
      });
      expect((await api.client.send('DELETE', `/v1/jobs/${body.id}`)).status).toBe(200);
    }
    expect(await api.storedObjects()).toEqual([]);
  });

  it('is still waiting when the wait is over', async () => {
    const { status, body } = await api.client.createJob({ question: 'q' }, { prefer: 'wait=1' });
    expect({ status, state: body.status }).toEqual({ status: 202, state: 'queued' });
    await api.client.send('POST', `/v1/jobs/${body.id}/cancel`);
  });

  it('gives the status of its error to those who wait when it ends badly', async () => {
    const waiting = api.client.createJob(
      { question: 'q', policy: { ttl_seconds: 600 } },
      { prefer: 'wait=30', 'idempotency-key': 'awaited' },
    );
    const { body } = await api.client.createJob(
      { question: 'q', policy: { ttl_seconds: 600 } },
      { 'idempotency-key': 'awaited' },
    );
    await api.client.send('POST', `/v1/jobs/${body.id}/cancel`);
    const answer = await waiting;
    expect(answer).toMatchObject({ status: 409, body: { id: body.id, error: { code: 'job_cancelled' } } });
    expect(answer.headers.get('x-should-retry')).toBe('false');
  });

  it('is refused with 429 and Retry-After once as many wait as may, and leaves nothing', async () => {
    for (let index = 0; index < 3; index += 1) await api.client.createJob({ question: 'q' });
    const keys = await api.jobKeys();
    const refusal = await api.client.createJob({ question: 'q', images: [toDataUrl(png)] });
    expect(refusal).toMatchObject({
      status: 429,
      body: {
        error: { code: 'queue_full', message: expect.stringMatching(/at most 3 .* 3 do now/) as unknown },
      },
    });
    expect(refusal.headers.get('retry-after')).toBe('10');
    expect(await api.jobKeys()).toEqual(keys);
    expect(await api.storedObjects()).toEqual([]);
  });

  it('may name a model that is configured though nobody serves it', async () => {
    const { body } = await api.client.get<List<object>>('/v1/models');
    expect(body.data).toEqual([expect.objectContaining({ id: 'tiny', served: false, revision: null })]);
  });
});
