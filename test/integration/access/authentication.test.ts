import { startApi } from '@tessera/api';
import { loadConfig } from '@tessera/config';
import { createLogger } from '@tessera/observability';
import { type TestRedis } from '@tessera/testing';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiClient, type ErrorBody } from '../api/api-client.js';
import { openAiClient } from '../api/openai-client.js';
import { openConnection, readAnswer } from '../api/raw-connection.js';
import { startStandInWorker } from '../api/stand-in-worker.js';
import { type TestApi } from '../api/start-test-api.js';
import { ADMIN_KEY, createKey } from './admin-client.js';
import { type KeyedApi, startKeyedApi } from './start-keyed-api.js';

let redis: TestRedis;
let api: TestApi;
let admin: ApiClient;
let close: KeyedApi['close'];

beforeAll(async () => {
  ({ redis, api, admin, close } = await startKeyedApi());
});
afterAll(() => close());

describe("OpenAI's own client", () => {
  it('is answered with a key, and told that it has none with its own kind of error', async () => {
    const { key } = await createKey(admin, ['jobs']);
    const worker = await startStandInWorker(api);
    try {
      const messages = [{ role: 'user', content: 'hello' }] as const;
      const request = { model: 'tiny', messages: [...messages] };
      const completion = await openAiClient(api.url, key).chat.completions.create(request);
      expect(completion.choices[0]?.message.content).toBe('hello (0 images)');
      const stranger = openAiClient(api.url, 'sk-none').chat.completions.create(request);
      await expect(stranger).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
      await expect(stranger).rejects.toMatchObject({ status: 401, code: 'invalid_api_key' });
      const files = openAiClient(api.url, key).files.list();
      await expect(files).rejects.toBeInstanceOf(OpenAI.PermissionDeniedError);
    } finally {
      await worker.drain(0);
    }
  });
});

describe('a request without a key', () => {
  it('is refused before its body is read', async () => {
    const head = [
      'POST /v1/jobs HTTP/1.1',
      'Host: api.test',
      'Content-Type: application/json',
      'Content-Length: 1000000',
      'Connection: close',
    ];
    const socket = await openConnection(api.url, `${head.join('\r\n')}\r\n\r\n{`);
    const answer = await readAnswer(socket);
    expect(answer).toMatchObject({ status: 401, body: { error: { code: 'invalid_api_key' } } });
    expect(answer.head).toContain('www-authenticate: bearer');
  });

  it('leaves no key in the log, nor does one with a wrong key; one with a valid key leaves its id', async () => {
    const key = `tsk_${'b'.repeat(43)}`;
    await api.client.withKey(key).get('/v1/jobs');
    await fetch(`${api.url}/v1/jobs?key=${key}`, { headers: { authorization: `Bearer ${ADMIN_KEY}` } });
    const log = api.logLines.join('\n');
    expect(log).not.toContain(key);
    expect(log).not.toContain(ADMIN_KEY);
    const { id, key: valid } = await createKey(admin, ['jobs']);
    await api.client.withKey(valid).get('/v1/jobs');
    await expect.poll(() => api.logLines.at(-1), { timeout: 5_000 }).toContain(`"keyId":"${id}"`);
  });
});

describe('a Redis that was restarted', () => {
  it('has every key, read from the store, at the next request', async () => {
    const { key } = await createKey(admin, ['jobs']);
    await redis.kill();
    await redis.restart();
    await expect
      .poll(async () => (await api.client.get('/health/ready')).status, { timeout: 10_000 })
      .toBe(200);
    expect((await api.client.withKey(key).get('/v1/jobs')).status).toBe(200);
  });
});

describe('while Redis is away', () => {
  it('a key cannot be checked, which is 503 and not 401; nothing that is no key can become one', async () => {
    const { key } = await createKey(admin, ['jobs']);
    await redis.kill();
    for (const each of [key, `tsk_${'a'.repeat(43)}`]) {
      const answer = await api.client.withKey(each).get<ErrorBody>('/v1/models');
      expect([answer.status, answer.body.error.code]).toEqual([503, 'service_unavailable']);
      expect(answer.headers.get('retry-after')).toBe('2');
    }
    expect((await api.client.get('/v1/models')).status).toBe(401);
    expect((await api.client.withKey('none').get('/v1/models')).status).toBe(401);
    await redis.restart();
    const status = async () => (await api.client.withKey(key).get('/v1/models')).status;
    await expect.poll(status, { timeout: 10_000 }).toBe(200);
  });
});

describe('an API that is to listen to strangers', () => {
  it('does not start while nobody is asked for a key', async () => {
    const config = loadConfig({ HOST: '0.0.0.0', PORT: '0', REDIS_URL: redis.url });
    const logger = createLogger({ name: 'api', level: 'silent' });
    await expect(startApi({ config, logger })).rejects.toThrow(/beyond loopback.*TESSERA_ADMIN_KEY/);
  });
});
