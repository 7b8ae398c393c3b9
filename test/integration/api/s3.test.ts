import { type JobRequest } from '@tessera/contracts';
import { openObjectStore } from '@tessera/storage';
import { startTestRedis, startTestS3, type TestRedis, type TestS3 } from '@tessera/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ErrorBody } from './api-client.js';
import { makePng, toDataUrl } from './pictures.js';
import { completed, startStandInWorker } from './stand-in-worker.js';
import { startTestApi, type TestApi } from './start-test-api.js';

let redis: TestRedis;
let s3: TestS3;
let api: TestApi;

beforeAll(async () => {
  [redis, s3] = await Promise.all([startTestRedis(), startTestS3()]);
  api = await startTestApi(redis, { ...s3.settings('tessera'), TESSERA_INPUT_BUCKETS: 'cats,test-bucket' });
});
afterAll(async () => {
  await api.close();
  await s3.close();
  await redis.stop();
});

describe('an API whose store is S3', () => {
  it('keeps the images of a job there, until the job is deleted', async () => {
    const png = await makePng();
    const { status, body } = await api.client.createJob({ question: 'q', images: [toDataUrl(png)] });
    expect(status).toBe(202);
    const store = await openObjectStore(api.config.store);
    const key = `jobs/${body.id}/images/0`;
    expect(Buffer.from(png).equals(await store.get(key))).toBe(true);
    await api.client.send('POST', `/v1/jobs/${body.id}/cancel`);
    expect((await api.client.send('DELETE', `/v1/jobs/${body.id}`)).status).toBe(200);
    expect(await store.stat(key)).toBeUndefined();
  });

  it('is not ready and answers 503 while S3 is away, and goes on when it is back', async () => {
    await s3.stop();
    const job = { question: 'q', images: [toDataUrl(await makePng())] };
    expect(await api.client.createJob(job)).toMatchObject({
      status: 503,
      body: { error: { code: 'service_unavailable' } },
    });
    expect((await api.client.get('/health/ready')).status).toBe(503);
    await s3.start();
    expect((await api.client.get('/health/ready')).status).toBe(200);
    expect((await api.client.createJob(job)).status).toBe(202);
  });
});

describe('s3: URLs of images', () => {
  it('reach the worker as bucket and key when the operator allows the bucket', async () => {
    const { body } = await api.client.createJob({ question: 'q', images: ['s3://cats/2024/big cat.png'] });
    const seen = new Map<string, JobRequest>();
    const worker = await startStandInWorker(api, async ({ record }) => {
      seen.set(record.id, record.request);
      return completed('A cat.', 1);
    });
    await expect.poll(async () => (await api.client.job(body.id)).status).toBe('completed');
    await worker.drain(1_000);
    expect(seen.get(body.id)?.images).toEqual([
      { source: { kind: 's3', bucket: 'cats', key: '2024/big cat.png' } },
    ]);
  });

  it.each([
    ['s3://dogs/a.png', 'url_not_allowed', 'TESSERA_INPUT_BUCKETS does not list this bucket'],
    ['s3://test-bucket/tessera/jobs/job_1/images/0', 'url_not_allowed', 'keeps its own objects there'],
    ['s3://cats', 'image_url_invalid', 's3://bucket/key'],
    ['s3://cats/../dogs/a.png', 'image_url_invalid', 'no segment . or ..'],
  ])('are refused like %s with %s', async (url, code, reason) => {
    const job = { question: 'q', images: [url] };
    const { status, body } = await api.client.post<ErrorBody>('/v1/jobs', job);
    expect({ status, code: body.error.code, param: body.error.param }).toEqual({
      status: 400,
      code,
      param: 'images.0',
    });
    expect(body.error.message).toContain(reason);
  });
});
