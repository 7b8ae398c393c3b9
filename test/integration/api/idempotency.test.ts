import { type Job } from '@tessera/contracts';
import { startTestRedis, type TestRedis } from '@tessera/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ErrorBody } from './api-client.js';
import { formOf, makePng, toDataUrl } from './pictures.js';
import { startStandInWorker } from './stand-in-worker.js';
import { startTestApi, type TestApi } from './start-test-api.js';

let redis: TestRedis;
let api: TestApi;
let png: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  redis = await startTestRedis();
  api = await startTestApi(redis, { TESSERA_MAX_WAITING_JOBS: '1' });
  png = await makePng();
});
afterAll(async () => {
  await api.close();
  await redis.stop();
});

describe('an Idempotency-Key', () => {
  const key = { 'idempotency-key': 'row-7' };
  let first: Job;

  it('makes one job of 20 posts at the same time, with one copy of its image', async () => {
    const body = { question: 'q', images: [toDataUrl(png)] };
    const answers = await Promise.all(Array.from({ length: 20 }, () => api.client.createJob(body, key)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1);
    const replayed = answers.filter(({ headers }) => headers.get('idempotent-replayed') === 'true');
    expect(replayed).toHaveLength(19);
    expect(await api.storedObjects()).toEqual(['0']);
    expect((await api.client.get<{ data: Job[] }>('/v1/jobs')).body.data).toHaveLength(1);
    first = answers.map((answer) => answer.body)[0] ?? first;
  });

  it('is refused with 422 for another body, though the queue is full', async () => {
    const answer = await api.client.post<ErrorBody>('/v1/jobs', { question: 'another' }, key);
    expect(answer).toMatchObject({
      status: 422,
      body: { error: { code: 'idempotency_key_reused', param: 'Idempotency-Key' } },
    });
    expect(answer.headers.get('x-should-retry')).toBe('false');
    expect((await api.client.createJob({ question: 'another' })).status).toBe(429);
  });

  it('replays the job as it is now', async () => {
    const worker = await startStandInWorker(api);
    const body = { question: 'q', images: [toDataUrl(png)] };
    const awaited = await api.client.createJob(body, { ...key, prefer: 'wait=30' });
    expect(awaited).toMatchObject({ status: 200, body: { id: first.id, status: 'completed' } });
    await worker.drain(1_000);
  });

  it('replays the job though its model is gone and a limit is lower than it was', async () => {
    const body = JSON.stringify({ question: 'q', images: [toDataUrl(png)] });
    const later = await startTestApi(redis, {
      TESSERA_QUEUE_PREFIX: api.config.redis.prefix,
      TESSERA_MODELS: 'another',
      TESSERA_MAX_IMAGE_BYTES: '1',
    });
    try {
      const replayed = await later.client.createJob(body, key);
      expect(replayed).toMatchObject({ status: 202, body: { id: first.id, status: 'completed' } });
      expect(replayed.headers.get('idempotent-replayed')).toBe('true');
      const other = await later.client.post<ErrorBody>('/v1/jobs', { question: 'another' }, key);
      expect(other).toMatchObject({ status: 422, body: { error: { code: 'idempotency_key_reused' } } });
      const fresh = await later.client.post<ErrorBody>('/v1/jobs', { question: 'q', model: 'tiny' });
      expect(fresh).toMatchObject({ status: 404, body: { error: { code: 'model_not_found' } } });
    } finally {
      await later.close();
    }
  });

  it('knows a form again whatever its boundary', async () => {
    const send = (question: string) =>
      api.client.send<Job>('POST', '/v1/jobs', {
        body: formOf([png], { question }),
        headers: { 'idempotency-key': 'form' },
      });
    const [one, same] = [await send('q'), await send('q')];
    expect(same.body.id).toBe(one.body.id);
    expect(same.headers.get('idempotent-replayed')).toBe('true');
    expect((await send('r')).status).toBe(422);
  });
});
