import { type DeliveryOutcome } from '@tessera/queue';
import { startTestRedis, type TestRedis } from '@tessera/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { deferred } from '../queue/queue-bench.js';
import { WAIT_MS } from './test-receiver.js';
import { WebhookBench } from './webhook-bench.js';

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

const failure = (reason: string): DeliveryOutcome => ({ kind: 'retry', reason });

/** With a clock that goes a second at a time. */
const afterRests = (check: () => void) =>
  vi.waitFor(
    () => {
      bench.aheadMs += 1_000;
      check();
    },
    { timeout: WAIT_MS, interval: 10 },
  );

describe('a redelivery that is asked for while the last attempt is under way', () => {
  it.each<[string, (endpointId: string, deliveryId: string) => Promise<unknown>]>([
    ['by its id', (endpointId, deliveryId) => bench.index.redeliver(endpointId, deliveryId)],
    ['as one of those that failed', (endpointId) => bench.index.redeliverFailed(endpointId, 0)],
  ])('%s is made, by the schedule from its beginning', async (_case, redeliver) => {
    const { id: endpointId } = await bench.endpoint('https://example.com/');
    const answers = [deferred<DeliveryOutcome>(), deferred<DeliveryOutcome>()];
    const attempts: number[] = [];
    await bench.dispatcher({
      scheduleMs: [0, 0],
      deliver: ({ attempt }) => {
        attempts.push(attempt);
        const answer = answers[attempts.length - 1];
        return answer === undefined ? Promise.resolve({ kind: 'delivered' }) : answer.promise;
      },
    });
    await bench.cancelledJob();
    answers[0]?.resolve(failure('the first'));
    const { id } = await bench.delivery(endpointId, ({ status }) => status === 'failed');
    await afterRests(() => expect(attempts).toHaveLength(2));
    await redeliver(endpointId, id);
    answers[1]?.resolve(failure('the last'));
    await afterRests(() => expect(attempts).toHaveLength(3));
    const { attempts: log } = await bench.delivery(endpointId, ({ status }) => status === 'delivered');
    expect(log.map(({ error }) => error)).toEqual(['the first', 'the last', null]);
    expect(attempts).toEqual([1, 2, 1]);
  });
});
