import { type WebhookDelivery } from '@tessera/queue';
import { startTestRedis, type TestRedis } from '@tessera/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { deferred, untilAborted } from '../queue/queue-bench.js';
import { answerWith, type TestReceiver, WAIT_MS } from './test-receiver.js';
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

const never = () => undefined;

describe('a receiver that is dead', () => {
  it('holds up no delivery to another one, however much waits for it', async () => {
    const dead = await bench.receiver(never);
    const live = await bench.receiver();
    await bench.endpoint(dead.url, ['job.cancelled'], 'key_dead');
    await bench.endpoint(live.url, ['job.cancelled'], 'key_live');
    // With places for two receivers only: more than one would be all of them.
    await bench.dispatcher({ maxReceivers: 2, timeoutMs: 60_000 });
    for (let event = 0; event < 200; event += 1) await bench.cancelledJob({ ownerId: 'key_dead' });
    await dead.requests(1);
    for (let event = 1; event <= 50; event += 1) await bench.cancelledJob({ ownerId: 'key_live' });
    await live.requests(50);
    // It occupies one place, with a few deliveries.
    expect(dead.received.length).toBeLessThanOrEqual(8);
  });

  it('shares half of the places with all others that fail', async () => {
    const dead = await Promise.all([1, 2, 3].map(() => bench.receiver(answerWith(500))));
    const live = await bench.receiver();
    for (const [index, { url }] of dead.entries())
      await bench.cancelledJob({ ...hookTo(url), ownerId: `key_${index}` });
    await bench.dispatcher({ maxReceivers: 4, timeoutMs: 60_000 });
    await Promise.all(dead.map((receiver) => receiver.requests(1)));
    for (const receiver of dead) receiver.answer = never;
    const owners = bench.key('webhook-owners:troubled');
    const client = bench.client();
    await vi.waitFor(async () => expect(await client.zcard(owners)).toBe(3), WAIT_MS);
    bench.aheadMs += 10_000;
    await vi.waitFor(() => expect(countOf(dead)).toBe(3 + 2), WAIT_MS);
    for (let event = 0; event < 20; event += 1) await bench.cancelledJob(hookTo(live.url));
    await live.requests(20);
    expect(countOf(dead)).toBe(3 + 2);
  });

  it('is asked with one delivery at a time, and rests in between', async () => {
    const receiver = await bench.receiver(answerWith(500));
    const { id } = await bench.endpoint(receiver.url);
    for (let event = 0; event < 40; event += 1) await bench.cancelledJob();
    await bench.dispatcher();
    await receiver.requests(1);
    const client = bench.client();
    const failing = bench.key(`webhook-receivers:troubled:${OWNER_ID}`);
    await vi.waitFor(async () => expect(await client.zscore(failing, id)).not.toBeNull(), WAIT_MS);
    const before = receiver.received.length;
    expect(before).toBeLessThanOrEqual(8);
    const restsUntilMs = Number(await client.hget(bench.key(`webhook-receiver:${id}`), 'restsUntilMs'));
    expect(Number(await client.zscore(failing, id))).toBe(restsUntilMs);
    bench.aheadMs += restsUntilMs - Date.now();
    await receiver.requests(before + 1);
    receiver.answer = answerWith(204, {}, '');
    // It works again: all that is due comes, a few at a time.
    bench.aheadMs += 600_000;
    await vi.waitFor(async () => {
      const { records } = await bench.index.deliveries(id, { limit: 100, status: 'delivered' });
      expect(records).toHaveLength(40);
    }, WAIT_MS);
  });
});

describe('two dispatchers', () => {
  it('never deliver to a receiver at the same time', async () => {
    const underWay = new Map<string, string>();
    const overlaps: string[] = [];
    const seen: string[] = [];
    const deliver = (name: string) => async (delivery: WebhookDelivery) => {
      const receiver = delivery.endpoint?.id ?? '';
      const other = underWay.get(receiver);
      if (other !== undefined && other !== name) overlaps.push(receiver);
      underWay.set(receiver, name);
      seen.push(delivery.eventId);
      await new Promise((resolve) => setImmediate(resolve));
      underWay.delete(receiver);
      return { kind: 'delivered' } as const;
    };
    for (const owner of ['a', 'b', 'c'])
      await bench.endpoint('https://example.com/', ['job.cancelled'], owner);
    await bench.dispatcher({ deliver: deliver('first') });
    await bench.dispatcher({ deliver: deliver('second') });
    for (let event = 0; event < 150; event += 1)
      await bench.cancelledJob({ ownerId: 'abc'.charAt(event % 3) });
    await vi.waitFor(() => expect(new Set(seen).size).toBe(150), WAIT_MS);
    expect(overlaps).toEqual([]);
    expect(seen).toHaveLength(150);
  });

  it('never do so either when Redis was away for longer than a hold lasts, between any two commands', async () => {
    const { id: endpointId } = await bench.endpoint('https://example.com/');
    const [begun, ended] = [deferred<undefined>(), deferred<undefined>()];
    const first: string[] = [];
    // With its one place taken it asks for no more receivers, so nothing comes after the reading of what is due.
    await bench.dispatcher({
      maxReceivers: 1,
      timings: { holdMs: 30_000 },
      aheadMs: () => (first.length > 0 ? bench.aheadMs : (bench.aheadMs += 30_001)),
      deliver: async ({ eventId }) => {
        first.push(eventId);
        begun.resolve(undefined);
        await ended.promise;
        return { kind: 'delivered' };
      },
    });
    await bench.cancelledJob();
    await begun.promise;
    const second: string[] = [];
    const other = await bench.dispatcher({
      deliver: async ({ subjectId }) => {
        second.push(subjectId);
        return { kind: 'delivered' };
      },
    });
    // Were the endpoint to be had, its turn would be before the one of what is due later.
    const later = await bench.cancelledJob({ ...hookTo('https://example.com/'), ownerId: 'key_2' });
    await vi.waitFor(() => expect(second).toContain(later), WAIT_MS);
    await other.drain(1_000);
    expect(second).toEqual([later]);
    ended.resolve(undefined);
    await bench.delivery(endpointId, ({ status }) => status === 'delivered');
    expect(first).toHaveLength(1);
  });

  it('lose nothing when one of them dies over its deliveries', async () => {
    const dying = await bench.receiver(never);
    await bench.endpoint(dying.url);
    const way = await bench.cuttable();
    await bench.dispatcher({
      connection: way.connection,
      timings: { holdMs: 300, claimAfterMs: 100 },
      timeoutMs: 60_000,
      // A process that is gone takes nothing back, whatever becomes of its deliveries.
      deliver: ({ signal }) => untilAborted(signal),
    });
    for (let event = 0; event < 30; event += 1) await bench.cancelledJob();
    const client = bench.client();
    await vi.waitFor(
      async () => expect(await client.zcard(bench.key(`webhook-receivers:steady:${OWNER_ID}`))).toBe(1),
      WAIT_MS,
    );
    await way.cut();
    dying.answer = answerWith(204, {}, '');
    await bench.dispatcher({ timings: { holdMs: 300, claimAfterMs: 100 } });
    await dying.requests(30);
    const ids = dying.received.map(({ headers }) => headers['webhook-id']);
    expect(new Set(ids).size).toBe(30);
  });
});

const hookTo = (url: string) => ({ webhook: { url, events: ['job.cancelled' as const] } });
const countOf = (receivers: readonly TestReceiver[]) =>
  receivers.reduce((sum, { received }) => sum + received.length, 0);
