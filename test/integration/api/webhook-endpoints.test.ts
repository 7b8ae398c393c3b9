import {
  type WebhookDeliveryObject,
  type WebhookEndpoint,
  type WebhookEndpointWithSecret,
} from '@tessera/contracts';
import { freeLoopbackPort, startTestRedis, type TestRedis } from '@tessera/testing';
import { Redis } from 'ioredis';
import OpenAI from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { answerWith, TestReceiver } from '../webhooks/test-receiver.js';
import { ADMIN_KEY, createKey } from '../access/admin-client.js';
import { type ApiClient, type ErrorBody } from './api-client.js';
import { startTestApi, type TestApi } from './start-test-api.js';

const MAX_ENDPOINTS = 4;
let redis: TestRedis;
let api: TestApi;
let client: ApiClient;
let stranger: ApiClient;
let receiver: TestReceiver;

beforeAll(async () => {
  redis = await startTestRedis();
  api = await startTestApi(redis, {
    TESSERA_ADMIN_KEY: ADMIN_KEY,
    TESSERA_ALLOWED_PRIVATE_NETWORKS: '127.0.0.0/8',
    TESSERA_MAX_WEBHOOK_ENDPOINTS: String(MAX_ENDPOINTS),
  });
  const admin = api.client.withKey(ADMIN_KEY);
  client = api.client.withKey((await createKey(admin, ['webhooks'])).key);
  stranger = api.client.withKey((await createKey(admin, ['webhooks'])).key);
  receiver = await TestReceiver.start();
});
afterEach(async () => {
  const { body } = await client.get<{ data: WebhookEndpoint[] }>(PATH);
  for (const { id } of body.data) await client.send('DELETE', `${PATH}/${id}`);
});
afterAll(async () => {
  await receiver.close();
  await api.close();
  await redis.stop();
});

const PATH = '/v1/webhook_endpoints';
const body = {
  name: 'mine',
  url: 'https://example.com/hook',
  event_types: ['batch.completed', 'job.failed'],
};

async function create(changes: object = {}): Promise<WebhookEndpointWithSecret> {
  const answer = await client.post<WebhookEndpointWithSecret>(PATH, { ...body, ...changes });
  expect(answer.status).toBe(200);
  return answer.body;
}

describe('a webhook endpoint', () => {
  it('is made with a secret, which is never shown again', async () => {
    const { signing_secret: secret, ...made } = await create();
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(made).toEqual({
      ...body,
      id: expect.stringMatching(/^whe_[0-9a-f]{32}$/) as string,
      object: 'webhook_endpoint',
      created_at: expect.any(Number) as number,
      updated_at: made.created_at,
      signing_secret_hint: `whsec_...${secret.slice(-4)}`,
      status: 'enabled',
      disabled_reason: null,
      disabled_at: null,
    });
    expect((await client.get(`${PATH}/${made.id}`)).body).toEqual(made);
    expect((await client.get(PATH)).body).toMatchObject({ object: 'list', data: [made], has_more: false });
    expect(api.logLines.join('')).not.toContain(secret.slice('whsec_'.length));
  });

  it('is listed in pages, newest first', async () => {
    const ids: string[] = [];
    for (let count = 0; count < 3; count += 1) ids.unshift((await create({ name: `n${count}` })).id);
    const first = (await client.get<{ data: WebhookEndpoint[] }>(`${PATH}?limit=2`)).body;
    expect(first).toMatchObject({ has_more: true, last_id: ids[1] });
    const second = (await client.get(`${PATH}?limit=2&after=${ids[1] ?? ''}`)).body;
    expect(second).toMatchObject({ has_more: false, data: [{ id: ids[2] }] });
    expect((await client.get(`${PATH}?after=whe_${'0'.repeat(32)}`)).status).toBe(400);
  });

  it('is changed in what is given, disabled and enabled', async () => {
    const { id } = await create();
    const changed = { name: 'renamed', event_types: ['job.completed'] };
    expect((await client.post(`${PATH}/${id}`, changed)).body).toMatchObject({ ...body, ...changed });
    expect((await client.post(`${PATH}/${id}`, { status: 'disabled' })).body).toMatchObject({
      name: 'renamed',
      status: 'disabled',
      disabled_reason: 'requested',
      disabled_at: expect.any(Number) as number,
    });
    const refused = await client.post<ErrorBody>(`${PATH}/${id}/redeliver`, { since: 0 });
    expect([refused.status, refused.body.error.code]).toEqual([409, 'webhook_endpoint_disabled']);
    expect((await client.post(`${PATH}/${id}`, { status: 'enabled' })).body).toMatchObject({
      status: 'enabled',
      disabled_reason: null,
    });
    expect((await client.send('POST', `${PATH}/${id}`)).body).toMatchObject({ name: 'renamed' });
  });

  it('gets a new secret', async () => {
    const { id, signing_secret: old } = await create();
    const rotated = (await client.send<WebhookEndpointWithSecret>('POST', `${PATH}/${id}/rotate_secret`))
      .body;
    expect(rotated.signing_secret).toMatch(/^whsec_/);
    expect(rotated.signing_secret).not.toBe(old);
  });

  it('is gone once it is deleted', async () => {
    const { id } = await create();
    const deleted = { id, object: 'webhook_endpoint.deleted', deleted: true };
    expect((await client.send('DELETE', `${PATH}/${id}`)).body).toEqual(deleted);
    expect((await client.get<ErrorBody>(`${PATH}/${id}`)).body.error.code).toBe('webhook_endpoint_not_found');
    expect((await client.send('DELETE', `${PATH}/${id}`)).status).toBe(404);
  });

  it('is one of a limited number', async () => {
    for (let count = 0; count < MAX_ENDPOINTS; count += 1) await create();
    const { status, body: refusal, headers } = await client.post<ErrorBody>(PATH, body);
    expect([status, refusal.error.code]).toEqual([409, 'too_many_webhook_endpoints']);
    expect(headers.get('x-should-retry')).toBe('false');
  });

  it.each<[object, string, string]>([
    [{ url: 'http://8.8.8.8/' }, 'url', 'url_not_allowed'],
    [{ url: 'https://10.0.0.1/' }, 'url', 'url_not_allowed'],
    [{ url: 'https://169.254.169.254/' }, 'url', 'url_not_allowed'],
    [{ url: 'ftp://example.com/' }, 'url', 'invalid_value'],
    [{ url: 'nonsense' }, 'url', 'invalid_value'],
    [{ name: '' }, 'name', 'invalid_value'],
    [{ event_types: [] }, 'event_types', 'invalid_value'],
    [{ event_types: ['response.completed'] }, 'event_types.0', 'invalid_value'],
    [{ event_types: ['dataset_run.completed'] }, 'event_types.0', 'invalid_value'],
    [{ secret: 'whsec_mine' }, 'secret', 'unknown_parameter'],
    [{ name: undefined }, 'name', 'missing_required_parameter'],
  ])('is refused with %j', async (changes, param, code) => {
    const { status, body: refusal } = await client.post<ErrorBody>(PATH, { ...body, ...changes });
    expect([status, refusal.error.param, refusal.error.code]).toEqual([400, param, code]);
  });

  it('is not there for another key', async () => {
    const { id } = await create();
    const delivery = `whd_${'0'.repeat(40)}`;
    for (const [method, path, json] of [
      ['GET', '', undefined],
      ['POST', '', { name: 'theirs' }],
      ['DELETE', '', undefined],
      ['POST', '/rotate_secret', {}],
      ['POST', '/test', { event_type: 'batch.completed' }],
      ['GET', '/deliveries', undefined],
      ['POST', `/deliveries/${delivery}/redeliver`, undefined],
      ['POST', '/redeliver', { since: 0 }],
    ] as const) {
      const init = json && { body: JSON.stringify(json), headers: { 'content-type': 'application/json' } };
      const { status, body: refusal } = await stranger.send<ErrorBody>(method, `${PATH}/${id}${path}`, init);
      expect([status, refusal.error.code], path).toEqual([404, 'webhook_endpoint_not_found']);
    }
    expect((await stranger.get(PATH)).body).toMatchObject({ data: [] });
    expect((await client.get(`${PATH}/${id}`)).body).toMatchObject({ name: 'mine' });
  });
});

describe('a test of a webhook endpoint', () => {
  it.each(['batch.completed', 'job.failed'])('sends a signed sample of %s', async (type) => {
    receiver.answer = answerWith(202);
    const { id, signing_secret: secret } = await create({ url: receiver.url });
    expect((await client.post(`${PATH}/${id}/test`, { event_type: type })).body).toEqual({
      object: 'webhook_endpoint.test',
      event_type: type,
      status_code: 202,
      success: true,
      webhook_endpoint_id: id,
    });
    const request = receiver.received.at(-1);
    const { webhooks } = new OpenAI({ apiKey: 'none' });
    expect(await webhooks.unwrap(request?.body ?? '', request?.headers ?? {}, secret)).toMatchObject({
      type,
    });
  });

  it('says what the receiver answered, and when it did not', async () => {
    receiver.answer = answerWith(500);
    const { id } = await create({ url: receiver.url });
    const event = { event_type: 'job.failed' };
    expect((await client.post(`${PATH}/${id}/test`, event)).body).toMatchObject({ status_code: 500 });
    const dead = await create({ url: `http://127.0.0.1:${await freeLoopbackPort()}/` });
    const { status, body: refusal } = await client.post<ErrorBody>(`${PATH}/${dead.id}/test`, event);
    expect([status, refusal.error.code]).toEqual([400, 'webhook_unreachable']);
    expect(refusal.error.message).toContain('ECONNREFUSED');
  });
});

describe('the deliveries of a webhook endpoint', () => {
  it('are listed and delivered again', async () => {
    const { id } = await create();
    const delivery = await keepDelivery(id);
    const listed = { id: delivery, status: 'exhausted', event_type: 'job.failed', next_attempt_at: null };
    const path = `${PATH}/${id}/deliveries`;
    expect((await client.get(path)).body).toMatchObject({ data: [listed], has_more: false });
    expect((await client.get(`${path}?status=exhausted`)).body).toMatchObject({ data: [listed] });
    expect((await client.get(`${path}?status=delivered`)).body).toMatchObject({ data: [] });
    expect((await client.get(`${path}?status=lost`)).status).toBe(400);
    const again = await client.send<WebhookDeliveryObject>('POST', `${path}/${delivery}/redeliver`);
    expect(again.body).toMatchObject({ id: delivery, status: 'pending', webhook_endpoint_id: id });
    expect(again.body.next_attempt_at).not.toBeNull();
    const unknown = `${path}/whd_${'0'.repeat(40)}/redeliver`;
    expect((await client.send<ErrorBody>('POST', unknown)).body.error.code).toBe(
      'webhook_delivery_not_found',
    );
  });

  it('that have failed are delivered again together', async () => {
    const { id } = await create();
    await keepDelivery(id);
    const since = Math.floor(Date.now() / 1000) - 60;
    expect((await client.post(`${PATH}/${id}/redeliver`, { since })).body).toEqual({
      object: 'webhook_endpoint.redelivery',
      webhook_endpoint_id: id,
      count: 1,
    });
    expect((await client.post(`${PATH}/${id}/redeliver`, { since })).body).toMatchObject({ count: 0 });
    expect((await client.post(`${PATH}/${id}/redeliver`, {})).status).toBe(400);
  });
});

describe('Redis without the endpoints', () => {
  it('gets them back from the store', async () => {
    const { id } = await create();
    const made = (await client.get(`${PATH}/${id}`)).body;
    const redisClient = new Redis(redis.url);
    const keys = await redisClient.keys(`{${api.config.redis.prefix}}:webhook*`);
    await redisClient.del(keys);
    redisClient.disconnect();
    expect((await client.get(`${PATH}/${id}`)).body).toEqual(made);
  });
});

/** A delivery that was given up, as a dispatcher leaves it. */
async function keepDelivery(endpointId: string): Promise<string> {
  const id = `whd_${'a'.repeat(40)}`;
  const root = `{${api.config.redis.prefix}}`;
  const redisClient = new Redis(redis.url);
  const now = Date.now();
  await redisClient.hset(`${root}:webhook-delivery:${id}`, {
    ...{ id, receiverId: endpointId, eventId: 'evt_1', eventType: 'job.failed', subjectId: 'job_1' },
    ...{ occurredAtMs: now, createdAtMs: now, status: 'exhausted', round: 10 },
  });
  for (const log of ['', ':exhausted'])
    await redisClient.zadd(`${root}:webhook-log:${endpointId}${log}`, now, id);
  redisClient.disconnect();
  return id;
}
