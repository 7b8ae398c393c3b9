import { startTestRedis, type TestRedis } from '@tessera/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Answer, answerWith, WAIT_MS } from './test-receiver.js';
import { OWNER_ID, SCHEDULE_MS, WebhookBench } from './webhook-bench.js';

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

const garbage: Answer = (response) => response.socket?.end('nonsense\r\n\r\n');
const never: Answer = () => undefined;
/** The status in time, and then a body that does not end. */
const dribbling: Answer = (response) => {
  response.writeHead(200).write('slow');
};

describe('a receiver that fails', () => {
  it('is tried again by the schedule, each delay shortened by a tenth at most, and then given up', async () => {
    const receiver = await bench.receiver(answerWith(500, {}, 'broken'));
    const { id } = await bench.endpoint(receiver.url);
    await bench.dispatcher();
    await bench.cancelledJob();
    for (const [index, scheduledMs] of SCHEDULE_MS.slice(1).entries()) {
      const wanted = await bench.delivery(id, (record) => record.round === index + 1);
      expect(wanted.status).toBe('failed');
      const nextInMs = (wanted.nextAttemptAtMs ?? 0) - (Date.now() + bench.aheadMs);
      expect(nextInMs).toBeLessThanOrEqual(scheduledMs);
      expect(nextInMs).toBeGreaterThan(0.9 * scheduledMs - 3_000);
      expect(receiver.received).toHaveLength(index + 1);
      await bench.letGo(id);
      bench.aheadMs += scheduledMs;
    }
    const { status, attempts, nextAttemptAtMs } = await bench.delivery(id, ({ round }) => round === 10);
    expect(status).toBe('exhausted');
    expect(nextAttemptAtMs).toBeUndefined();
    const ids = new Set(receiver.received.map(({ headers }) => headers['webhook-id']));
    expect([receiver.received.length, ids.size]).toEqual([10, 1]);
    expect(attempts).toHaveLength(10);
    expect(attempts[0]).toMatchObject({
      status_code: 500,
      response_body: 'broken',
      error: 'the receiver answered with status 500',
    });
    // The one event has had all its attempts: that alone says nothing about the endpoint.
    expect((await bench.index.endpoint(id)) as object).not.toHaveProperty('disabled');
  });

  it.each<[string, Answer, object]>([
    ['redirects', answerWith(302, { location: 'https://example.com/' }), { status_code: 302 }],
    ['answers garbage', garbage, { status_code: null }],
    ['never answers', never, { status_code: null, error: expect.stringContaining('200 ms') as string }],
    ['breaks off', (response) => response.socket?.destroy(), { status_code: null }],
    ['sends no event away', answerWith(404), { status_code: 404 }],
  ])('is tried again when it %s', async (_case, answer, attempt) => {
    const receiver = await bench.receiver(answer);
    const { id } = await bench.endpoint(receiver.url);
    await bench.dispatcher({ timeoutMs: 200 });
    await bench.cancelledJob();
    const failed = await bench.delivery(id, ({ status }) => status === 'failed');
    await bench.letGo(id);
    expect(failed.attempts).toEqual([expect.objectContaining(attempt)]);
    receiver.answer = answerWith(200, {}, 'at last');
    bench.aheadMs += 5_000;
    const delivered = await bench.delivery(id, ({ status }) => status === 'delivered');
    expect(delivered.attempts.at(-1)).toMatchObject({
      status_code: 200,
      response_body: 'at last',
      error: null,
    });
    expect(receiver.received).toHaveLength(2);
  });

  it.each([429, 503])('is left alone as long as it asks with %i', async (status) => {
    const receiver = await bench.receiver(answerWith(status, { 'retry-after': '3600' }));
    const { id } = await bench.endpoint(receiver.url);
    await bench.dispatcher({ giveUp: { failedEvents: 1, failingForMs: 0 } });
    await bench.cancelledJob();
    const { nextAttemptAtMs } = await bench.delivery(id, (record) => record.status === 'failed');
    expect((nextAttemptAtMs ?? 0) - Date.now()).toBeGreaterThan(3_500_000);
    receiver.answer = answerWith(204, {}, '');
    // The receiver as a whole: an event that has not failed waits as well.
    await bench.cancelledJob();
    await bench.delivery(id, (record) => record.status === 'pending');
    bench.aheadMs = 3_600_000;
    await receiver.requests(3);
    await bench.delivery(id, (record) => record.status === 'delivered');
    // Asking to wait is no failure.
    expect(await bench.index.endpoint(id)).not.toHaveProperty('disabled');
  });

  it('has taken the event when only its body is slow', async () => {
    const receiver = await bench.receiver(dribbling);
    const { id } = await bench.endpoint(receiver.url);
    await bench.dispatcher();
    await bench.cancelledJob();
    const { attempts } = await bench.delivery(id, ({ status }) => status === 'delivered');
    expect(attempts).toMatchObject([{ status_code: 200, response_body: 'slow' }]);
  });

  it('keeps the first kilobyte of a long answer', async () => {
    const receiver = await bench.receiver(answerWith(200, {}, 'x'.repeat(100_000)));
    const { id } = await bench.endpoint(receiver.url);
    await bench.dispatcher();
    await bench.cancelledJob();
    const { attempts } = await bench.delivery(id, ({ status }) => status === 'delivered');
    expect(attempts[0]?.response_body).toBe('x'.repeat(1024));
  });
});

describe('what a receiver at a private address answers', () => {
  it("is in the log of the administrator's endpoints alone", async () => {
    const receiver = await bench.receiver(answerWith(200, {}, 'inside'));
    const mine = await bench.endpoint(receiver.url);
    const theirs = await bench.endpoint(receiver.url, ['job.cancelled'], 'key_2');
    await bench.dispatcher();
    await bench.cancelledJob();
    await bench.cancelledJob({ ownerId: 'key_2' });
    const seen = await bench.delivery(mine.id, ({ status }) => status === 'delivered');
    expect(seen.attempts).toMatchObject([{ status_code: 200, response_body: 'inside' }]);
    const hidden = await bench.delivery(theirs.id, ({ status }) => status === 'delivered');
    expect(hidden.attempts).toMatchObject([{ status_code: 200, response_body: '' }]);
    expect(receiver.received).toHaveLength(2);
  });
});

describe('an endpoint', () => {
  it('that answers 410 gets nothing more until it is enabled', async () => {
    const receiver = await bench.receiver(answerWith(410));
    const { id, ownerId } = await bench.endpoint(receiver.url);
    await bench.dispatcher();
    await bench.cancelledJob();
    await bench.delivery(id, ({ status }) => status === 'exhausted');
    expect(await bench.endpoints.get(ownerId, id)).toMatchObject({ disabled: { reason: 'gone' } });
    expect(bench.logLines).toContainEqual(
      expect.objectContaining({ level: 'warn', endpointId: id, reason: 'gone' }),
    );
    receiver.answer = answerWith(204, {}, '');
    await bench.cancelledJob();
    await bench.endpoints.update(ownerId, id, { isEnabled: true });
    const later = await bench.cancelledJob();
    const { subjectId } = await bench.delivery(id, ({ status }) => status === 'delivered');
    expect(subjectId).toBe(later);
    expect(receiver.received).toHaveLength(2);
  });

  it('is disabled once so many events have failed for so long, with none taken in between', async () => {
    const receiver = await bench.receiver(answerWith(500));
    const { id } = await bench.endpoint(receiver.url);
    const isDisabled = async () => (await bench.index.endpoint(id)) as { disabled?: object };
    for (let event = 1; event <= 3; event += 1) await bench.cancelledJob();
    await bench.dispatcher({ giveUp: { failedEvents: 3, failingForMs: 86_400_000 } });
    await vi.waitFor(async () => {
      const { records } = await bench.index.deliveries(id, { limit: 10, status: 'failed' });
      expect(records).toHaveLength(3);
    }, WAIT_MS);
    expect(await isDisabled()).not.toHaveProperty('disabled');
    // A day after the first failure, at the next one.
    bench.aheadMs += 86_400_000;
    await vi.waitFor(
      async () => expect(await isDisabled()).toMatchObject({ disabled: { reason: 'failing' } }),
      WAIT_MS,
    );
  });

  it('is disabled when too much waits for it', async () => {
    const receiver = await bench.receiver(answerWith(503, { 'retry-after': '3600' }));
    const { id } = await bench.endpoint(receiver.url);
    for (let event = 0; event < 4; event += 1) await bench.cancelledJob();
    await bench.dispatcher({ giveUp: { waiting: 3 } });
    await vi.waitFor(
      async () => expect(await bench.index.endpoint(id)).toMatchObject({ disabled: { reason: 'backlog' } }),
      WAIT_MS,
    );
    // What waited before is delivered once it is enabled, and then it has room again.
    receiver.answer = answerWith(204, {}, '');
    await bench.endpoints.update(OWNER_ID, id, { isEnabled: true });
    bench.aheadMs = 3_600_000;
    await vi.waitFor(async () => {
      const { records } = await bench.index.deliveries(id, { limit: 10, status: 'delivered' });
      expect(records).toHaveLength(3);
    }, WAIT_MS);
  });

  it('that takes an event in between is not disabled', async () => {
    const receiver = await bench.receiver(answerWith(500));
    const { id } = await bench.endpoint(receiver.url);
    await bench.dispatcher({ giveUp: { failedEvents: 2, failingForMs: 0 } });
    await bench.cancelledJob();
    await bench.delivery(id, ({ status }) => status === 'failed');
    receiver.answer = answerWith(204, {}, '');
    bench.aheadMs += 5_000;
    await bench.delivery(id, ({ status }) => status === 'delivered');
    receiver.answer = answerWith(500);
    const next = await bench.cancelledJob();
    await bench.delivery(id, ({ subjectId, status }) => subjectId === next && status === 'failed');
    expect(await bench.index.endpoint(id)).not.toHaveProperty('disabled');
    // The second in a row is one too many.
    await bench.cancelledJob();
    await vi.waitFor(async () => {
      bench.aheadMs += 1_000;
      expect(await bench.index.endpoint(id)).toMatchObject({ disabled: { reason: 'failing' } });
    }, WAIT_MS);
  });
});
