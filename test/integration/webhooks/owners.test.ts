import { type JobRecord } from '@tessera/contracts';
import { type DeliveryOutcome, type WebhookDelivery } from '@tessera/queue';
import { startTestRedis, type TestRedis } from '@tessera/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { deferred, untilAborted } from '../queue/queue-bench.js';
import { WAIT_MS } from './test-receiver.js';
import { OWNER_ID, WebhookBench } from './webhook-bench.js';

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

/** A job with a receiver of its own. */
const hookOf = (ownerId: string, origin: string): Partial<JobRecord> => ({
  ownerId,
  webhook: { url: `https://${origin}.example.com/`, events: ['job.cancelled'] },
});
const ownerOf = ({ job }: WebhookDelivery): string => job?.ownerId ?? '';
const answeredAfter = (latencyMs: number): DeliveryOutcome => ({
  kind: 'delivered',
  attempt: { statusCode: 200, latencyMs, excerpt: undefined },
});

describe('an owner with many receivers', () => {
  it('leaves places free, so that others find one at once', async () => {
    const underWay: string[] = [];
    const delivered: string[] = [];
    await bench.dispatcher({
      maxReceivers: 10,
      deliver: (delivery) => {
        const owner = ownerOf(delivery);
        if (owner === 'key_many') {
          underWay.push(delivery.eventId);
          return untilAborted(delivery.signal);
        }
        delivered.push(owner);
        return Promise.resolve({ kind: 'delivered' });
      },
    });
    for (let origin = 0; origin < 20; origin += 1) {
      await bench.cancelledJob(hookOf('key_many', `many-${origin}`));
    }
    // It has two: a third is more than a quarter of the eight that are free.
    await vi.waitFor(() => expect(underWay).toHaveLength(2), WAIT_MS);
    for (const owner of ['key_a', 'key_b', 'key_c']) await bench.cancelledJob(hookOf(owner, 'one'));
    await vi.waitFor(() => expect(delivered.toSorted()).toEqual(['key_a', 'key_b', 'key_c']), WAIT_MS);
    expect(underWay).toHaveLength(2);
  });

  it('takes turns with others, whoever came first', async () => {
    const owners: string[] = [];
    const everybodyWaits = deferred<undefined>();
    await bench.dispatcher({
      maxReceivers: 1,
      deliver: async (delivery) => {
        owners.push(ownerOf(delivery));
        await everybodyWaits.promise;
        return { kind: 'delivered' };
      },
    });
    for (let origin = 0; origin < 5; origin += 1) {
      await bench.cancelledJob(hookOf('key_many', `many-${origin}`));
    }
    for (const owner of ['key_a', 'key_b']) await bench.cancelledJob(hookOf(owner, 'one'));
    const client = bench.client();
    const waiting = bench.key('webhook-owners:steady');
    await vi.waitFor(async () => expect(await client.zcard(waiting)).toBe(3), WAIT_MS);
    everybodyWaits.resolve(undefined);
    await vi.waitFor(() => expect(owners).toHaveLength(7), WAIT_MS);
    expect(
      owners
        .slice(0, 4)
        .filter((owner) => owner !== 'key_many')
        .toSorted(),
    ).toEqual(['key_a', 'key_b']);
  });
});

describe('a receiver that answers slowly', () => {
  it.each([
    ['a registered endpoint', () => bench.endpoint('https://example.com/'), {}],
    ["the origin of jobs' own webhooks", () => Promise.resolve(), hookOf(OWNER_ID, 'hook')],
  ])('waits in the lane of those that fail until it is quick: %s', async (_case, register, job) => {
    await register();
    const seen: boolean[] = [];
    const latencies = [19_000, 10, 10];
    await bench.dispatcher({
      deliver: async ({ isTroubled }) => {
        seen.push(isTroubled);
        return answeredAfter(latencies[seen.length - 1] ?? 0);
      },
    });
    const client = bench.client();
    for (const [index, isSlow] of [true, false, false].entries()) {
      await bench.cancelledJob(job);
      await vi.waitFor(() => expect(seen).toHaveLength(index + 1), WAIT_MS);
      // Until it is let go.
      await vi.waitFor(async () => {
        const [key] = await client.keys(bench.key('webhook-receiver:*'));
        const [holder, slow] = key === undefined ? [] : await client.hmget(key, 'holder', 'isSlow');
        expect([holder ?? null, slow ?? null]).toEqual([null, isSlow ? '1' : null]);
      }, WAIT_MS);
    }
    expect(seen).toEqual([false, true, false]);
  });

  it('shares half of the places with all others that are slow or fail', async () => {
    const slow = ['key_1', 'key_2', 'key_3'];
    const underWay: string[] = [];
    let isFirst = true;
    const delivered: string[] = [];
    await bench.dispatcher({
      maxReceivers: 4,
      deliver: async (delivery) => {
        const owner = ownerOf(delivery);
        if (!isFirst && slow.includes(owner)) {
          underWay.push(owner);
          return untilAborted(delivery.signal);
        }
        delivered.push(owner);
        return answeredAfter(slow.includes(owner) ? 19_000 : 10);
      },
    });
    const client = bench.client();
    for (const owner of slow) await bench.cancelledJob(hookOf(owner, 'slow'));
    const isSlow = async (key: string) => (await client.hget(key, 'isSlow')) === '1';
    await vi.waitFor(async () => {
      const keys = await client.keys(bench.key('webhook-receiver:*'));
      expect(await Promise.all(keys.map(isSlow))).toEqual([true, true, true]);
    }, WAIT_MS);
    isFirst = false;
    for (const owner of slow) await bench.cancelledJob(hookOf(owner, 'slow'));
    await vi.waitFor(() => expect(underWay).toHaveLength(2), WAIT_MS);
    for (let event = 0; event < 10; event += 1) await bench.cancelledJob(hookOf('key_quick', 'quick'));
    await vi.waitFor(() => expect(delivered).toHaveLength(3 + 10), WAIT_MS);
    expect(underWay).toHaveLength(2);
  });
});
