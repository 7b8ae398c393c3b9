import { startTestRedis, type TestRedis } from '@tessera/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MAX_ENDPOINTS, OWNER_ID, WebhookBench } from './webhook-bench.js';

let redis: TestRedis;
let bench: WebhookBench;
beforeAll(async () => {
  redis = await startTestRedis();
});
beforeEach(async () => {
  bench = await WebhookBench.start(redis);
});
afterEach(() => bench.close());
afterAll(() => redis.stop());

const URL = 'https://example.com/hook';

describe('an endpoint', () => {
  it('is in the store before it is known to anybody, and comes back from there', async () => {
    const record = await bench.endpoint(URL);
    await bench.loseRedis();
    expect(await bench.endpoints.list(OWNER_ID)).toEqual([record]);
    expect(await bench.endpoints.get(OWNER_ID, record.id)).toEqual(record);
  });

  it('is whole when it is changed in two ways at once', async () => {
    const { id, secret } = await bench.endpoint(URL);
    await Promise.all([
      bench.endpoints.update(OWNER_ID, id, { name: 'renamed' }),
      bench.endpoints.rotateSecret(OWNER_ID, id, { keepOld: true }),
      bench.endpoints.disable(id, 'failing'),
    ]);
    const record = await bench.endpoints.get(OWNER_ID, id);
    expect(record).toMatchObject({
      name: 'renamed',
      revision: 4,
      previousSecret: { secret },
      disabled: { reason: 'failing' },
    });
    expect(record.secret).not.toBe(secret);
    await bench.loseRedis();
    expect(await bench.endpoints.get(OWNER_ID, id)).toEqual(record);
  });

  it('is nobody else’s', async () => {
    const { id } = await bench.endpoint(URL);
    const notFound = { code: 'webhook_endpoint_not_found' };
    const { endpoints } = bench;
    expect(await endpoints.list('key_2')).toEqual([]);
    await expect(endpoints.get('key_2', id)).rejects.toMatchObject(notFound);
    await expect(endpoints.update('key_2', id, { name: 'mine' })).rejects.toMatchObject(notFound);
    await expect(endpoints.rotateSecret('key_2', id, { keepOld: false })).rejects.toMatchObject(notFound);
    await expect(endpoints.delete('key_2', id)).rejects.toMatchObject(notFound);
    expect(await endpoints.get(OWNER_ID, id)).toMatchObject({ name: 'mine' });
  });

  it('goes with everything that was to be delivered to it', async () => {
    const { id } = await bench.endpoint(URL);
    await bench.dispatcher({ deliver: async () => ({ kind: 'retry', reason: 'away' }) });
    await bench.cancelledJob();
    await bench.delivery(id, ({ status }) => status === 'failed');
    await bench.endpoints.delete(OWNER_ID, id);
    await expect(bench.endpoints.get(OWNER_ID, id)).rejects.toMatchObject({
      code: 'webhook_endpoint_not_found',
    });
    expect(await bench.keysOf(id)).toEqual([]);
  });

  it('that is not in the store any more leaves Redis when that is compared', async () => {
    const { id } = await bench.endpoint(URL);
    await bench.objectStore.delete(`webhook-endpoints/${id}.json`);
    await bench.endpoints.restore();
    expect(await bench.index.endpoint(id)).toBeUndefined();
    expect(await bench.index.endpointIds()).toEqual([]);
  });

  it('that cannot be read keeps no other one from its events when Redis is lost', async () => {
    const damaged = await bench.endpoint(URL);
    const receiver = await bench.receiver();
    await bench.endpoint(receiver.url, ['job.cancelled'], 'key_2');
    await bench.objectStore.put(`webhook-endpoints/${damaged.id}.json`, Buffer.from('{"id":'));
    await bench.loseRedis();
    await bench.dispatcher();
    await bench.cancelledJob({ ownerId: 'key_2' });
    await receiver.requests(1);
    expect(await bench.endpoints.list(OWNER_ID)).toEqual([]);
    expect(bench.logLines).toContainEqual(
      expect.objectContaining({ level: 'error', endpointId: damaged.id }),
    );
  });

  it('that cannot be read in the store stays as Redis has it', async () => {
    const record = await bench.endpoint(URL);
    await bench.objectStore.put(`webhook-endpoints/${record.id}.json`, Buffer.from('{}'));
    await bench.endpoints.restore();
    expect(await bench.index.endpoint(record.id)).toEqual(record);
  });

  it('is one of a limited number, also when many are made at once', async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: MAX_ENDPOINTS + 2 }, () => bench.endpoint(URL)),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(MAX_ENDPOINTS);
    await expect(bench.endpoint(URL)).rejects.toMatchObject({ code: 'too_many_webhook_endpoints' });
    await bench.endpoint(URL, ['job.failed'], 'key_2');
  });
});
