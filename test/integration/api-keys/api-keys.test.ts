import { type ApiKeys, ApiKeyBusyError, ApiKeyNotFoundError, ApiKeyRevokedError } from '@tessera/api-keys';
import { type ApiKeyRecord } from '@tessera/contracts';
import { createLogger } from '@tessera/observability';
import { openKeyCache } from '@tessera/queue';
import { type ObjectStore } from '@tessera/storage';
import { startTestRedis, type TestRedis } from '@tessera/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestKeys, type TestKeys } from './start-test-keys.js';

const TERMS = { name: 'team', scopes: ['jobs', 'files'], limits: { queuedJobs: 5 } } as const;
/** News travel through Redis in milliseconds; a busy machine is given more. */
const SOON = { timeout: 5_000, interval: 5 };

let redis: TestRedis;
let keys: TestKeys;
let first: ApiKeys;
let second: ApiKeys;

beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  keys = await startTestKeys(redis);
  [first, second] = [await keys.replica(), await keys.replica()];
});
afterEach(() => keys.close());

describe('a key', () => {
  it('works on every replica at once, and is kept by nobody', async () => {
    const { key, record } = await first.create(TERMS);
    expect(await second.check(key)).toEqual({ kind: 'valid', record });
    expect(record).toMatchObject({ ...TERMS, ownerId: record.id, prefix: key.slice(0, 12), version: 1 });
    const kept = await keys.everythingKept();
    expect(kept).toContain(record.prefix);
    expect(kept).not.toContain(key.slice(12));
    expect(keys.logLines.join()).not.toContain(key);
  });

  it.each(['', 'none', `tsk_${'a'.repeat(43)}`])('that was never made is unknown: %j', async (key) => {
    expect(await first.check(key)).toEqual({ kind: 'unknown' });
  });

  it('expires when its time has come, whatever the cache says', async () => {
    const clock = { ms: 1_000_000 };
    const replica = await keys.replica({ now: () => clock.ms });
    const { key } = await replica.create({ ...TERMS, expiresAtMs: 1_000_500 });
    expect(await replica.check(key)).toMatchObject({ kind: 'valid' });
    clock.ms = 1_000_500;
    expect(await replica.check(key)).toEqual({ kind: 'expired', expiresAtMs: 1_000_500 });
  });

  it('may share the data of another', async () => {
    const { record: old } = await first.create(TERMS);
    const { record } = await first.create({ ...TERMS, ownerId: old.ownerId });
    expect(record.ownerId).toBe(old.id);
  });

  it('tells when it was used last', async () => {
    const { key, record } = await first.create(TERMS);
    expect((await second.find(record.id))?.lastUsedAtMs).toBeUndefined();
    await first.check(key);
    const lastUse = async () => (await second.find(record.id))?.lastUsedAtMs;
    await expect.poll(lastUse, SOON).toBe(record.createdAtMs);
  });
});

describe('a change', () => {
  it('of limits is heard of by replicas that remember the key', async () => {
    const { key, record } = await first.create(TERMS);
    await second.check(key);
    const change = { name: 'other', scopes: ['batches'], limits: { weight: 2 } } as const;
    const { before, after } = await first.update(record.id, () => change);
    expect(before).toEqual(record);
    expect(after).toEqual({ ...record, ...change, version: 2 });
    await expect.poll(() => second.check(key), SOON).toEqual({ kind: 'valid', record: after });
  });

  it('that revokes is heard of by replicas that remember the key, and lasts', async () => {
    const { key, record } = await first.create(TERMS);
    expect(await second.check(key)).toMatchObject({ kind: 'valid' });
    await first.revoke(record.id);
    await expect.poll(async () => (await second.check(key)).kind, SOON).toBe('revoked');
    const again = await second.revoke(record.id);
    expect(again.after).toBe(again.before);
    await expect(second.update(record.id, () => TERMS)).rejects.toThrow(ApiKeyRevokedError);
    expect((await first.list({ limit: 5 })).keys.map((known) => known.record)).toEqual([again.after]);
  });

  it('of two replicas at a time is lost by neither', async () => {
    const { key, record } = await first.create(TERMS);
    const insist = async (attempt: () => Promise<unknown>): Promise<void> => {
      for (;;) {
        try {
          await attempt();
          return;
        } catch (error) {
          if (error instanceof ApiKeyRevokedError) return;
          if (!(error instanceof ApiKeyBusyError)) throw error;
        }
      }
    };
    const raise = () =>
      first.update(record.id, ({ name, scopes, limits }) => ({
        name,
        scopes,
        limits: { queuedJobs: (limits.queuedJobs ?? 0) + 1 },
      }));
    await Promise.all([insist(raise), insist(raise), insist(raise)]);
    expect((await second.find(record.id))?.record).toMatchObject({ version: 4, limits: { queuedJobs: 8 } });
    await Promise.all([insist(raise), insist(() => second.revoke(record.id)), insist(raise)]);
    // Revoking again changes nothing, and says how it is.
    expect((await second.find(record.id))?.record).toEqual((await first.revoke(record.id)).before);
    expect((await second.check(key)).kind).toBe('revoked');
    expect(await storedRecord(record.id)).toEqual((await second.find(record.id))?.record);
  });

  it('of a key that does not exist is refused', async () => {
    const id = `key_${'0'.repeat(32)}`;
    await expect(first.revoke(id)).rejects.toThrow(ApiKeyNotFoundError);
    await expect(first.update(id, () => TERMS)).rejects.toThrow(ApiKeyNotFoundError);
  });

  it('that a dying process had written to the store alone is taken in at the next start', async () => {
    const { key, record } = await first.create(TERMS);
    const cache = await openKeyCache({
      connection: keys.connection,
      onNews: () => undefined,
      logger: createLogger({ name: 'dying', level: 'silent' }),
    });
    await cache.beginChange({ id: record.id, token: 'dying' }, 1_000);
    await writeRecord({ ...record, revokedAtMs: 1, version: 2 });
    await cache.close();
    expect((await keys.replica().then((replica) => replica.check(key))).kind).toBe('revoked');
  });

  it('that the store refuses changes nothing', async () => {
    const failing = await keys.replica({ objectStore: refusingWrites(keys.objectStore) });
    const { key, record } = await first.create(TERMS);
    await expect(failing.create(TERMS)).rejects.toThrow('disk full');
    await expect(failing.revoke(record.id)).rejects.toThrow('disk full');
    expect(await second.check(key)).toEqual({ kind: 'valid', record });
    expect((await first.list({ limit: 5 })).keys).toHaveLength(1);
    await first.revoke(record.id);
  });
});

describe('the list', () => {
  it('is newest first, in pages', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 3; index += 1) {
      const replica = await keys.replica({ now: () => 1_000 + index });
      ids.unshift((await replica.create({ ...TERMS, name: `team ${index}` })).record.id);
    }
    const idsOf = (page: Awaited<ReturnType<ApiKeys['list']>>) => page.keys.map(({ record }) => record.id);
    const page = await first.list({ limit: 2 });
    expect([idsOf(page), page.hasMore]).toEqual([ids.slice(0, 2), true]);
    const rest = await first.list({ limit: 2, after: ids[1] ?? '' });
    expect([idsOf(rest), rest.hasMore]).toEqual([ids.slice(2), false]);
    await expect(first.list({ limit: 2, after: 'key_x' })).rejects.toMatchObject({ code: 'invalid_value' });
  });
});

describe('a Redis that has lost everything', () => {
  it('is filled from the store by the first who asks, without those records that are damaged', async () => {
    const [{ key, record }, { record: other }] = [await first.create(TERMS), await first.create(TERMS)];
    const { after: revoked } = await first.revoke(other.id);
    await keys.objectStore.put(`api-keys/key_${'f'.repeat(32)}.json`, Buffer.from('{"id":'));
    await keys.withRedis((client) => client.flushall());
    const third = await keys.replica();
    const answers = await Promise.all([third.check(key), third.check(key), third.list({ limit: 9 })]);
    expect(answers.slice(0, 2)).toEqual(Array(2).fill({ kind: 'valid', record }));
    expect(answers[2].keys).toHaveLength(2);
    expect((await third.find(other.id))?.record).toEqual(revoked);
    expect(
      keys.logLines.filter((line) => line.includes('cannot be read; the key does not work')),
    ).toHaveLength(1);
  });
});

describe('a Redis that comes back without its last write', () => {
  it('does not bring a revoked key back to life', async () => {
    const { key, record } = await first.create(TERMS);
    await first.check(key);
    const names = ['api-keys', 'api-key-versions'].map((name) => `${keys.root}:${name}`);
    const before = await keys.withRedis((client) => Promise.all(names.map((name) => client.hgetall(name))));
    await first.revoke(record.id);
    await keys.withRedis((client) =>
      Promise.all(names.map((name, index) => client.hset(name, before[index] ?? {}))),
    );
    // So far the test is right: Redis alone would let the key in again.
    expect((await keys.replica().then((replica) => replica.check(key))).kind).toBe('valid');
    await redis.restart();
    const third = await keys.replica();
    expect((await third.check(key)).kind).toBe('revoked');
  });
});

describe('while Redis is away', () => {
  it('no key is called unknown, and nothing is changed', async () => {
    const clock = { ms: 0 };
    const replica = await keys.replica({ now: () => clock.ms });
    const { key, record } = await replica.create(TERMS);
    await replica.check(key);
    await redis.kill();
    try {
      // Remembered for two seconds.
      clock.ms = 1_999;
      expect(await replica.check(key)).toMatchObject({ kind: 'valid' });
      clock.ms = 2_000;
      const unavailable = { code: 'service_unavailable' };
      await expect(replica.check(key)).rejects.toMatchObject(unavailable);
      await expect(replica.check(`tsk_${'a'.repeat(43)}`)).rejects.toMatchObject(unavailable);
      await expect(replica.create(TERMS)).rejects.toMatchObject(unavailable);
      await expect(replica.revoke(record.id)).rejects.toMatchObject(unavailable);
      await expect(replica.list({ limit: 1 })).rejects.toMatchObject(unavailable);
      expect(await storedRecord(record.id)).toEqual(record);
    } finally {
      await redis.restart();
    }
    await expect.poll(() => replica.check(key).catch(() => undefined), SOON).toMatchObject({ kind: 'valid' });
  });
});

async function storedRecord(id: string): Promise<unknown> {
  return JSON.parse(Buffer.from(await keys.objectStore.get(`api-keys/${id}.json`)).toString());
}

async function writeRecord(record: ApiKeyRecord): Promise<void> {
  await keys.objectStore.put(`api-keys/${record.id}.json`, Buffer.from(JSON.stringify(record)));
}

/** The same store on a disk that is full. */
function refusingWrites(store: ObjectStore): ObjectStore {
  return new Proxy(store, {
    get: (target, name: keyof ObjectStore) =>
      name === 'put' ? () => Promise.reject(new Error('disk full')) : target[name].bind(target),
  });
}
