import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startTestRedis, type TestRedis } from '@tessera/testing';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makePng, toDataUrl } from './pictures.js';
import { startTestApi, type TestApi } from './start-test-api.js';

let redis: TestRedis;
let api: TestApi;

beforeAll(async () => {
  redis = await startTestRedis();
  api = await startTestApi(redis);
});
afterAll(async () => {
  await api.close();
  await redis.stop();
});

describe('what breaks on our side', () => {
  it('is a 500 that tells clients nothing of the inside, and the log everything', async () => {
    const { body } = await api.client.createJob({ question: 'q' });
    const client = new Redis(redis.url);
    await client.hset(`{${api.config.redis.prefix}}:job:${body.id}`, 'request', 'no JSON');
    client.disconnect();
    const answer = await api.client.get(`/v1/jobs/${body.id}`);
    expect(answer).toMatchObject({
      status: 500,
      body: { error: { type: 'server_error', code: 'internal_error' } },
    });
    expect(JSON.stringify(answer.body)).not.toContain('no JSON');
    const requestId = answer.headers.get('x-request-id') ?? '';
    const lines = api.logLines.filter((line) => line.includes('"level":"error"') && line.includes(requestId));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/caused by|cause/);
  });
});

describe('an object store that cannot be written', () => {
  beforeAll(async () => {
    const objects = join(api.config.data.directory, 'store', 'objects');
    await rm(objects, { recursive: true });
    await writeFile(objects, 'in the way');
  });

  it('is a 503, and the job is not made', async () => {
    const before = await api.jobKeys();
    const answer = await api.client.createJob({ question: 'q', images: [toDataUrl(await makePng())] });
    expect(answer).toMatchObject({
      status: 503,
      body: {
        error: { code: 'service_unavailable', message: 'the object store cannot be reached right now' },
      },
    });
    expect(answer.headers.get('retry-after')).toBe('2');
    expect(await api.jobKeys()).toEqual(before);
  });

  it('is a 503, and the batch is not made', async () => {
    const answer = await api.client.post('/v1/batches', {
      input_file_id: `file-${'0'.repeat(32)}`,
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
    });
    expect(answer).toMatchObject({ status: 503, body: { error: { code: 'service_unavailable' } } });
    expect((await api.client.get('/v1/batches')).body).toMatchObject({ data: [] });
  });

  it('shows in the readiness', async () => {
    expect(await api.client.get('/health/ready')).toMatchObject({
      status: 503,
      body: {
        status: 'not_ready',
        parts: { redis: 'ok', store: expect.not.stringMatching(/^ok$/) as unknown },
      },
    });
  });

  it('does not keep jobs without images from being made', async () => {
    expect((await api.client.createJob({ question: 'q' })).status).toBe(202);
  });
});
