import { type JobStore, type QueueConnection } from '@tessera/queue';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { deferred, newRecord, QueueBench, untilAborted } from '../queue/queue-bench.js';

let bench: QueueBench;
let connection: QueueConnection;
let store: JobStore;

beforeAll(async () => {
  bench = await QueueBench.start();
});
beforeEach(async () => {
  connection = bench.newConnection();
  store = await bench.store(connection);
});
afterEach(() => bench.closeAll());
afterAll(() => bench.stop());

const create = (ownerId = 'key_a', through = store) =>
  through.createJob({ record: newRecord({ ownerId }), priority: 'normal', limits: { queuedJobs: 2 } });
const queued = () => bench.client().zcard(`{${connection.prefix}}:jobs-of:key_a:queued`);
/** Jobs that the owner may still make. */
async function room(): Promise<number> {
  const made: string[] = [];
  for (;;) {
    const outcome = await create();
    if (outcome.kind !== 'created') break;
    made.push(outcome.record.id);
  }
  for (const id of made) await store.requestCancel(id);
  return made.length;
}

describe('queued jobs of an owner', () => {
  it('are as many through two replicas as through one, and no other owner’s', async () => {
    const other = await bench.store(connection);
    const outcomes = await Promise.all(
      [store, other].flatMap((through) => Array.from({ length: 10 }, () => create('key_a', through))),
    );
    expect(outcomes.filter(({ kind }) => kind === 'created')).toHaveLength(2);
    const refused = outcomes.find(({ kind }) => kind === 'owner_queue_full');
    expect(refused).toEqual({ kind: 'owner_queue_full', waitingJobCount: 2, limit: 2 });
    expect(await create('key_b')).toMatchObject({ kind: 'created' });
  });

  it('stop counting when they are cancelled', async () => {
    expect(await room()).toBe(2);
    expect(await room()).toBe(2);
  });

  it('stop counting when they begin, and count again when they are given back', async () => {
    await create();
    const begun = deferred();
    const consumer = await bench.consumer(connection, {
      handle: async ({ signal }) => {
        begun.resolve();
        return untilAborted(signal);
      },
    });
    await begun.promise;
    expect(await queued()).toBe(0);
    await consumer.drain(0);
    expect(await queued()).toBe(1);
  });

  it('count hidden ones too', async () => {
    for (let made = 0; made < 2; made += 1) {
      const record = newRecord({ ownerId: 'key_a', isHidden: true });
      await store.createJob({ record, priority: 'normal', limits: { queuedJobs: 2 } });
    }
    expect(await create()).toMatchObject({ kind: 'owner_queue_full' });
  });
});
