import { type KeyLimits } from '@tessera/contracts';
import { type Admission, type LimitStore, openLimitStore, type QueueConnection } from '@tessera/queue';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { logger, QueueBench } from '../queue/queue-bench.js';

let bench: QueueBench;
let connection: QueueConnection;
const opened: LimitStore[] = [];

beforeAll(async () => {
  bench = await QueueBench.start();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((store) => store.close()));
  await bench.closeAll();
});
afterAll(() => bench.stop());

/** What one API replica sees. */
async function replica(leaseMs?: number, of = connection): Promise<LimitStore> {
  const store = await openLimitStore({
    connection: of,
    logger,
    ...(leaseMs === undefined ? {} : { leaseMs }),
  });
  opened.push(store);
  return store;
}

function ask(store: LimitStore, limits: KeyLimits, makesWork = false, ownerId = 'key_a'): Promise<Admission> {
  return store.admit({ ownerId, limits, makesWork });
}

function askTogether(stores: readonly LimitStore[], times: number, limits: KeyLimits): Promise<Admission[]> {
  return Promise.all(stores.flatMap((store) => Array.from({ length: times }, () => ask(store, limits))));
}

const passed = (admissions: readonly Admission[]) => admissions.filter(({ kind }) => kind === 'admitted');
const key = (name: string) => `{${connection.prefix}}:${name}`;

/** Leaves a bucket as it was at `atMs`; one in the future stands still until then. */
async function setBucket(tokens: number, atMs: number): Promise<void> {
  await bench.client().hset(key('request-bucket:key_a'), { tokens, atUs: atMs * 1000 });
}

beforeEach(() => {
  connection = bench.newConnection();
});

describe('requests a second', () => {
  it('lets two replicas pass as many together as one may', async () => {
    const stores = [await replica(), await replica()];
    await setBucket(10, Date.now() + 3_600_000);
    const admissions = await askTogether(stores, 50, { requestsPerSecond: 10 });
    expect(passed(admissions)).toHaveLength(10);
    for (const admission of admissions) {
      if (admission.kind === 'admitted') continue;
      expect(admission).toMatchObject({ kind: 'too_many_requests', rate: { limit: 10, remaining: 0 } });
    }
  });

  it('brings requests back one by one, a whole second’s at most, and says when', async () => {
    const store = await replica();
    const hour = Date.now() + 3_600_000;
    await setBucket(0.5, hour);
    expect(await ask(store, { requestsPerSecond: 4 })).toMatchObject({
      kind: 'too_many_requests',
      rate: { waitMs: 125, resetMs: 875 },
    });
    await setBucket(0, Date.now() - 60_000);
    expect((await ask(store, { requestsPerSecond: 4 })).standing.rate).toMatchObject({
      limit: 4,
      remaining: 3,
      resetMs: 250,
    });
  });

  it('counts no owner’s requests as another’s', async () => {
    const store = await replica();
    await setBucket(0, Date.now() + 3_600_000);
    expect(await ask(store, { requestsPerSecond: 1 })).toMatchObject({ kind: 'too_many_requests' });
    expect(await ask(store, { requestsPerSecond: 1 }, false, 'key_b')).toMatchObject({ kind: 'admitted' });
  });
});

describe('concurrent requests', () => {
  const limits = { concurrentRequests: 7 };

  it('lets two replicas have as many under way together as one may', async () => {
    const stores = [await replica(), await replica()];
    const admissions = await askTogether(stores, 50, limits);
    expect(passed(admissions)).toHaveLength(7);
    expect((await stores[0]?.usageOf('key_a', limits))?.concurrentRequests).toBe(7);
  });

  it('lets the next one pass where one has ended', async () => {
    const [here, there] = [await replica(), await replica()];
    const first = await ask(here, { concurrentRequests: 1 });
    expect(await ask(there, { concurrentRequests: 1 })).toMatchObject({
      kind: 'too_many_at_a_time',
      concurrency: { limit: 1, underWay: 1 },
    });
    if (first.kind !== 'admitted') throw new Error('the first one was refused');
    first.release();
    first.release();
    expect(await ask(here, { concurrentRequests: 1 })).toMatchObject({ kind: 'admitted' });
  });

  it('ends the leases of a killed replica, and not those of one that lives', async () => {
    const leaseMs = 300;
    const living = await replica(leaseMs);
    const way = await bench.cuttable(connection);
    const killed = await replica(leaseMs, way.connection);
    const two = { concurrentRequests: 2 };
    expect(await ask(living, two)).toMatchObject({ kind: 'admitted' });
    expect(await ask(killed, two)).toMatchObject({ kind: 'admitted' });
    expect(await ask(living, two)).toMatchObject({ kind: 'too_many_at_a_time' });
    // As far as Redis can tell, this is what kill -9 does: nothing more is heard.
    await way.cut();
    await expect.poll(() => ask(living, two), { timeout: 10_000 }).toMatchObject({ kind: 'admitted' });
    // Its place is taken by the one above; the first request is still counted, long after its first lease.
    expect(await ask(living, two)).toMatchObject({ kind: 'too_many_at_a_time' });
  });

  it('counts what is under way again once Redis has lost it', async () => {
    const store = await replica(300);
    await ask(store, { concurrentRequests: 1 });
    await bench.client().del(key('request-leases:key_a'));
    await expect
      .poll(async () => (await store.usageOf('key_a', {})).concurrentRequests, { timeout: 10_000 })
      .toBe(1);
  });
});

describe('all limits together', () => {
  it('takes nothing for a request that is refused', async () => {
    const store = await replica();
    await setBucket(5, Date.now() + 3_600_000);
    const limits = { requestsPerSecond: 5, concurrentRequests: 1 };
    expect((await ask(store, limits)).standing.rate?.remaining).toBe(4);
    const refused = await ask(store, limits);
    expect(refused).toMatchObject({ kind: 'too_many_at_a_time', standing: { rate: { remaining: 4 } } });
    expect((await store.usageOf('key_a', limits)).requestsThisSecond).toBe(1);
  });

  it('refuses work once the tokens of the day are used up, and nothing else', async () => {
    const store = await replica();
    const limits = { tokensPerDay: 100 };
    const day = Math.floor(Date.now() / 86_400_000);
    await bench.client().mset(key(`tokens:${day}:key_a`), 100, key(`tokens:${day + 1}:key_a`), 100);
    expect(await ask(store, limits)).toMatchObject({ kind: 'admitted' });
    const refused = await ask(store, limits, true);
    expect(refused).toMatchObject({ kind: 'tokens_used_up', tokens: { limit: 100, used: 100 } });
    expect(refused.standing.tokens?.resetMs).toBeGreaterThan(0);
    expect(refused.standing.tokens?.resetMs).toBeLessThanOrEqual(86_400_000);
  });

  it('asks Redis nothing where nothing is limited, and lets nobody pass while it is away', async () => {
    const way = await bench.cuttable(connection);
    const store = await replica(undefined, way.connection);
    await way.cut();
    await expect
      .poll(() =>
        store.ping().then(
          () => 'there',
          () => 'away',
        ),
      )
      .toBe('away');
    expect(await ask(store, { weight: 2, queuedJobs: 1 })).toMatchObject({ kind: 'admitted' });
    for (const limits of [{ requestsPerSecond: 9 }, { concurrentRequests: 9 }, { tokensPerDay: 9 }]) {
      await expect(ask(store, limits, true)).rejects.toMatchObject({ code: 'service_unavailable' });
    }
  });
});
