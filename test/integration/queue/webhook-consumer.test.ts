import { type JobRecord } from '@tessera/contracts';
import { type DeliveryOutcome, type JobStore, type WebhookDelivery } from '@tessera/queue';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { deferred, newRecord, QueueBench, untilAborted } from './queue-bench.js';

let bench: QueueBench;
beforeAll(async () => {
  bench = await QueueBench.start();
});
afterEach(() => bench.closeAll());
afterAll(() => bench.stop());

const WAIT_MS = 20_000;
const hook: Partial<JobRecord> = {
  webhook: { url: 'https://example.test/hook', events: ['job.completed', 'job.cancelled'] },
};

async function cancelledJob(store: JobStore, changes: Partial<JobRecord> = hook): Promise<string> {
  const record = newRecord(changes);
  await store.createJob({ record, priority: 'normal' });
  await store.requestCancel(record.id);
  return record.id;
}

/** Answers deliveries from a list, the last answer again and again, and records them. */
function endpoint(...answers: DeliveryOutcome[]) {
  const deliveries: WebhookDelivery[] = [];
  const deliver = async (delivery: WebhookDelivery): Promise<DeliveryOutcome> => {
    deliveries.push(delivery);
    return answers[Math.min(deliveries.length, answers.length) - 1] ?? { kind: 'delivered' };
  };
  return { deliveries, deliver };
}

/** A hundred times as fast as others. */
function fastClock(): () => number {
  const startedAtMs = performance.now();
  return () => Math.round((performance.now() - startedAtMs) * 99);
}

function eventIdOf(jobId: string): string {
  return `evt_${jobId.slice('job_'.length)}_cancelled`;
}

describe('a webhook event', () => {
  it('is delivered with the job in its final state, and leaves the outbox', async () => {
    const connection = bench.newConnection();
    const store = await bench.store(connection);
    const id = await cancelledJob(store);
    const { deliver, deliveries } = endpoint({ kind: 'delivered' });
    await bench.webhooks(connection, { deliver });
    await vi.waitFor(() => expect(deliveries).toHaveLength(1), WAIT_MS);
    expect(deliveries).toMatchObject([
      {
        eventId: eventIdOf(id),
        eventType: 'job.cancelled',
        attempt: 1,
        subjectId: id,
        job: { id, status: 'cancelled', webhook: hook.webhook },
      },
    ]);
    const redis = bench.client();
    const outbox = `{${connection.prefix}}:webhook-outbox`;
    await vi.waitFor(async () => expect(await redis.xlen(outbox)).toBe(0), WAIT_MS);
    expect(await redis.xpending(outbox, 'dispatchers')).toEqual([0, null, null, null]);
  });

  it('is made only for jobs with a webhook that wants it', async () => {
    const connection = bench.newConnection();
    const store = await bench.store(connection);
    await (await bench.webhookIndex(connection)).markEndpointsKnown();
    await cancelledJob(store, {});
    await cancelledJob(store, { webhook: { url: 'https://example.test/', events: ['job.failed'] } });
    expect(await bench.client().xlen(`{${connection.prefix}}:webhook-outbox`)).toBe(0);
  });

  it('keeps its id on every attempt, and is tried again after failures', async () => {
    const connection = bench.newConnection();
    const store = await bench.store(connection);
    const id = await cancelledJob(store);
    const retry: DeliveryOutcome = { kind: 'retry', reason: '503' };
    const { deliver, deliveries } = endpoint(retry, retry, { kind: 'delivered' });
    await bench.webhooks(connection, { deliver, aheadMs: fastClock() });
    await vi.waitFor(() => expect(deliveries).toHaveLength(3), WAIT_MS);
    expect(deliveries.map(({ eventId, attempt }) => [eventId, attempt])).toEqual(
      [1, 2, 3].map((attempt) => [eventIdOf(id), attempt]),
    );
  });

  it('counts an error of the deliverer as a failed attempt', async () => {
    const connection = bench.newConnection();
    const store = await bench.store(connection);
    await cancelledJob(store);
    const deliver = vi.fn<(delivery: WebhookDelivery) => Promise<DeliveryOutcome>>();
    deliver.mockRejectedValueOnce(new Error('a bug')).mockResolvedValue({ kind: 'delivered' });
    await bench.webhooks(connection, { deliver, aheadMs: fastClock() });
    await vi.waitFor(() => expect(deliver).toHaveBeenCalledTimes(2), WAIT_MS);
  });

  it.each([
    ['its schedule is used up', { kind: 'retry', reason: '503' }, 3],
    ['the endpoint refuses it for good', { kind: 'abandon', reason: '410' }, 1],
  ] as const)('is given up, and leaves nothing behind, when %s', async (_case, outcome, attempts) => {
    const connection = bench.newConnection();
    const store = await bench.store(connection);
    await cancelledJob(store);
    const { deliver, deliveries } = endpoint(outcome);
    await bench.webhooks(connection, { deliver, aheadMs: fastClock() });
    const redis = bench.client();
    await vi.waitFor(() => expect(deliveries).toHaveLength(attempts), WAIT_MS);
    const left = () => redis.keys(`{${connection.prefix}}:webhook-[dr]*`);
    await vi.waitFor(async () => expect(await left()).toEqual([]), WAIT_MS);
    expect(deliveries).toHaveLength(attempts);
  });

  it('waits as long as the endpoint asks, where that is longer than the schedule', async () => {
    const connection = bench.newConnection();
    const store = await bench.store(connection);
    await cancelledJob(store);
    const { deliver } = endpoint({ kind: 'retry', reason: '429', retryAfterMs: 3_600_000 });
    await bench.webhooks(connection, { deliver });
    const redis = bench.client();
    await vi.waitFor(async () => {
      const [key = ''] = await redis.keys(`{${connection.prefix}}:webhook-due:hook_*`);
      const [deliveryId, dueMs] = await redis.zrange(key, '0', '-1', 'WITHSCORES');
      expect(deliveryId).toMatch(/^whd_[0-9a-f]{40}$/);
      expect(Number(dueMs) - Date.now()).toBeGreaterThan(3_500_000);
    }, WAIT_MS);
  });

  it('is dropped when its job has been deleted', async () => {
    const connection = bench.newConnection();
    const store = await bench.store(connection);
    await store.deleteJob(await cancelledJob(store));
    const kept = await cancelledJob(store);
    const { deliver, deliveries } = endpoint({ kind: 'delivered' });
    await bench.webhooks(connection, { deliver });
    await vi.waitFor(() => expect(deliveries).toHaveLength(1), WAIT_MS);
    expect(deliveries[0]?.subjectId).toBe(kept);
  });
});

describe('several dispatchers', () => {
  it('deliver every event once', async () => {
    const connection = bench.newConnection();
    const store = await bench.store(connection);
    const { deliver, deliveries } = endpoint({ kind: 'delivered' });
    await bench.webhooks(connection, { deliver });
    await bench.webhooks(connection, { deliver });
    const ids = await Promise.all(Array.from({ length: 40 }, () => cancelledJob(store)));
    await vi.waitFor(() => expect(deliveries.length).toBeGreaterThanOrEqual(40), WAIT_MS);
    expect(deliveries.map(({ subjectId }) => subjectId).toSorted()).toEqual(ids.toSorted());
  });

  it('take over what a dead one had read from the outbox, and what it was delivering', async () => {
    const connection = bench.newConnection();
    const store = await bench.store(connection);
    const outbox = `{${connection.prefix}}:webhook-outbox`;
    const redis = bench.client();
    const readId = await cancelledJob(store);
    await redis.xgroup('CREATE', outbox, 'dispatchers', '0', 'MKSTREAM');
    // A dispatcher that dies right after it has read.
    await redis.xreadgroup('GROUP', 'dispatchers', 'dead', 'COUNT', 1, 'STREAMS', outbox, '>');
    const way = await bench.cuttable(connection);
    const reached = deferred<WebhookDelivery>();
    const timings = { claimAfterMs: 50, holdMs: 200 };
    const proceed = deferred<DeliveryOutcome>();
    await bench.webhooks(way.connection, {
      timings,
      deliver: (delivery) => {
        reached.resolve(delivery);
        return proceed.promise;
      },
    });
    const first = await reached.promise;
    expect(first.subjectId).toBe(readId);
    await way.cut();
    const { deliver, deliveries } = endpoint({ kind: 'delivered' });
    await bench.webhooks(connection, { timings, deliver });
    await vi.waitFor(() => expect(deliveries).toHaveLength(1), WAIT_MS);
    expect(deliveries[0]).toMatchObject({ eventId: first.eventId, attempt: 1 });
    proceed.resolve({ kind: 'delivered' });
  });

  it('hand back what is under way when they drain', async () => {
    const connection = bench.newConnection();
    const store = await bench.store(connection);
    await cancelledJob(store);
    const reached = deferred<WebhookDelivery>();
    const first = await bench.webhooks(connection, {
      deliver: (delivery) => {
        reached.resolve(delivery);
        return untilAborted(delivery.signal);
      },
    });
    const { eventId } = await reached.promise;
    await first.drain(10);
    const { deliver, deliveries } = endpoint({ kind: 'delivered' });
    await bench.webhooks(connection, { deliver });
    await vi.waitFor(() => expect(deliveries).toHaveLength(1), WAIT_MS);
    expect(deliveries[0]).toMatchObject({ eventId, attempt: 1 });
  });
});
