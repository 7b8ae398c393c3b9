import { once } from 'node:events';
import { type Job } from '@tessera/contracts';
import { startTestRedis, type TestRedis } from '@tessera/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openConnection, readToEnd } from './raw-connection.js';
import { startTestApi, type TestApi } from './start-test-api.js';
import { watchRedis } from './watch-redis.js';

let redis: TestRedis;
let api: TestApi;

beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  api = await startTestApi(redis);
});
afterEach(() => api.close());

/** Whatever is cut off at the timeout is named in the log. */
const wasCutOff = () => api.logLines.some((line) => line.includes('cut off'));

describe('an API that is told to stop', () => {
  it('answers those who wait with 202, ends event streams, closes connections and is gone', async () => {
    const { body } = await api.client.createJob({ question: 'q' }, { 'idempotency-key': 'k' });
    const watch = await watchRedis(redis.url);
    const waiting = api.client.createJob({ question: 'q' }, { 'idempotency-key': 'k', prefer: 'wait=60' });
    await watch.jobWasRead(body.id);
    watch.close();
    const stream = await fetch(`${api.url}/v1/jobs/${body.id}/stream`);
    const stopped = api.stop();
    const answer = await waiting;
    expect(answer).toMatchObject({ status: 202, body: { id: body.id, status: 'queued' } });
    expect(await stream.text()).toBe('retry: 1000\n\n');
    await stopped;
    expect(wasCutOff()).toBe(false);
    await expect(fetch(`${api.url}/health/live`)).rejects.toThrow();
  });

  it('does not wait for connections on which nothing is asked', async () => {
    const silent = await openConnection(api.url, '');
    const kept = await openConnection(api.url, 'GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n');
    await once(kept, 'data');
    await api.stop();
    expect(await Promise.all([silent, kept].map(readToEnd))).toEqual(['', '']);
    expect(wasCutOff()).toBe(false);
  });

  it('lets a request finish whose body is still on its way', async () => {
    const text = JSON.stringify({ question: 'q' });
    const head = `POST /v1/jobs HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n`;
    const socket = await openConnection(api.url, head + text.slice(0, 5));
    // An answer on another connection shows that the server has read what came before.
    await api.client.get('/health/live');
    const stopped = api.stop();
    socket.write(text.slice(5));
    const answer = await readToEnd(socket);
    await stopped;
    expect(answer).toMatch(/^HTTP\/1.1 202 /);
    expect((JSON.parse(answer.split('\r\n\r\n')[1] ?? '') as Job).status).toBe('queued');
    expect(wasCutOff()).toBe(false);
  });
});

describe('a request that never ends', () => {
  it('is cut off after the timeout, and the log says so', async () => {
    const own = await startTestApi(redis, { TESSERA_SHUTDOWN_TIMEOUT_MS: '100' });
    const head =
      'POST /v1/jobs HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{';
    const socket = await openConnection(own.url, head);
    socket.on('error', () => undefined);
    await own.client.get('/health/live');
    await own.close();
    expect(own.logLines.some((line) => line.includes('cut off'))).toBe(true);
  });
});
