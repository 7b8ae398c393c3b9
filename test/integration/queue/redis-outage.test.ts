import { TesseraError } from '@tessera/contracts';
import { type JobAttempt, type JobStore, type JobStreamEvent, openJobStore } from '@tessera/queue';
import { freeLoopbackPort } from '@tessera/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { answer, deferred, logger, newRecord, OWNER_ID, QueueBench } from './queue-bench.js';

let bench: QueueBench;
beforeAll(async () => {
  bench = await QueueBench.start();
});
afterEach(() => bench.closeAll());
afterAll(() => bench.stop());

const WAIT = { timeoutMs: 30_000 };
const never = new AbortController().signal;
const completed = { kind: 'completed', answer } as const;

async function untilAvailable(store: JobStore): Promise<void> {
  await vi.waitFor(() => store.ping(), WAIT.timeoutMs);
}

async function firstEvent(store: JobStore, id: string): Promise<JobStreamEvent | undefined> {
  for await (const event of store.streamEvents(id, { signal: never })) return event;
  return undefined;
}

describe('while Redis is away', () => {
  it('every method of the store rejects at once with service_unavailable, and works again afterwards', async () => {
    const connection = bench.newConnection();
    const store = await bench.store(connection);
    const record = newRecord();
    await store.createJob({ record, priority: 'normal' });
    await bench.testRedis.kill();
    const calls: Record<string, () => Promise<unknown>> = {
      createJob: () => store.createJob({ record: newRecord(), priority: 'normal' }),
      getJob: () => store.getJob(record.id),
      listJobs: () => store.listJobs({ ownerId: OWNER_ID, limit: 1 }),
      requestCancel: () => store.requestCancel(record.id),
      deleteJob: () => store.deleteJob(record.id),
      queuePosition: () => store.queuePosition(record),
      waitForFinal: () => store.waitForFinal(record.id, WAIT),
      streamEvents: () => firstEvent(store, record.id),
      servedModels: () => store.servedModels(),
      ping: () => store.ping(),
    };
    for (const [name, call] of Object.entries(calls)) {
      const error: unknown = await call().catch((thrown: unknown) => thrown);
      expect(error, name).toBeInstanceOf(TesseraError);
      expect(error, name).toMatchObject({ code: 'service_unavailable', cause: expect.anything() as unknown });
    }
    await bench.testRedis.restart();
    await untilAvailable(store);
    expect(await store.getJob(record.id)).toEqual(record);
    expect(await store.createJob({ record: newRecord(), priority: 'normal' })).toMatchObject({
      kind: 'created',
    });
  });

  it('a store cannot be opened', async () => {
    const url = `redis://127.0.0.1:${await freeLoopbackPort()}`;
    const opened = openJobStore({
      connection: { url, prefix: 'none' },
      logger,
      maxWaitingJobs: 1,
      retentionSeconds: 60,
    });
    await expect(opened).rejects.toMatchObject({ code: 'service_unavailable' });
  });
});

describe('after Redis has restarted', () => {
  it('readers that waited through it see the job go on and end', async () => {
    const connection = bench.newConnection();
    const store = await bench.store(connection);
    const record = newRecord();
    await store.createJob({ record, priority: 'normal' });
    const proceed = deferred();
    await bench.consumer(connection, {
      handle: async (attempt) => {
        await attempt.publishText('before ');
        await proceed.promise;
        await attempt.publishText('after');
        return completed;
      },
    });
    const waiting = store.waitForFinal(record.id, WAIT);
    const events: JobStreamEvent[] = [];
    const began = deferred();
    const streaming = (async () => {
      for await (const event of store.streamEvents(record.id, { signal: never })) {
        events.push(event);
        began.resolve();
      }
    })();
    await began.promise;
    await persisted();
    await bench.testRedis.kill();
    proceed.resolve();
    await bench.testRedis.restart();
    expect(await waiting).toMatchObject({ status: 'completed', attempts: 1 });
    await streaming;
    expect(events).toMatchObject([
      { type: 'text', text: 'before ' },
      { type: 'text', text: 'after' },
      { type: 'final', status: 'completed' },
    ]);
  });

  it('a consumer takes jobs again, and hears of cancels', async () => {
    const connection = bench.newConnection();
    const store = await bench.store(connection);
    const attempts: JobAttempt[] = [];
    const started = deferred();
    await bench.consumer(connection, {
      handle: (attempt) =>
        new Promise((_resolve, reject) => {
          attempts.push(attempt);
          started.resolve();
          attempt.signal.addEventListener('abort', () => reject(attempt.signal.reason as Error));
        }),
    });
    await persisted();
    await bench.testRedis.restart();
    await untilAvailable(store);
    const record = newRecord();
    await store.createJob({ record, priority: 'normal' });
    await started.promise;
    await store.requestCancel(record.id);
    expect(await store.waitForFinal(record.id, WAIT)).toMatchObject({ status: 'cancelled' });
  });

  it('a cancel that a cut-off consumer could not hear reaches it when it is back', async () => {
    const connection = bench.newConnection();
    const store = await bench.store(connection);
    const record = newRecord();
    await store.createJob({ record, priority: 'normal' });
    const way = await bench.cuttable(connection);
    const started = deferred();
    await bench.consumer(way.connection, {
      handle: ({ signal }) =>
        new Promise((_resolve, reject) => {
          started.resolve();
          signal.addEventListener('abort', () => reject(signal.reason as Error));
        }),
    });
    await started.promise;
    await way.cut();
    expect(await store.requestCancel(record.id)).toBe('requested');
    await way.restore();
    expect(await store.waitForFinal(record.id, WAIT)).toMatchObject({ status: 'cancelled', attempts: 1 });
  });

  it('the same createJob sent again makes no second job', async () => {
    const connection = bench.newConnection();
    const store = await bench.store(connection);
    const job = { record: newRecord(), priority: 'normal' } as const;
    await store.createJob(job);
    await persisted();
    await bench.testRedis.restart();
    await untilAvailable(store);
    expect(await store.createJob(job)).toMatchObject({ kind: 'created', record: { id: job.record.id } });
    expect(await store.listJobs({ ownerId: OWNER_ID, limit: 10 })).toMatchObject({
      records: [{ id: job.record.id }],
      hasMore: false,
    });
  });

  it('webhook events and upkeep go on', async () => {
    const connection = bench.newConnection();
    const store = await bench.store(connection);
    const delivered = deferred<string>();
    await bench.webhooks(connection, {
      deliver: async ({ subjectId }) => {
        delivered.resolve(subjectId);
        return { kind: 'delivered' };
      },
    });
    await bench.upkeep(connection);
    await persisted();
    await bench.testRedis.restart();
    await untilAvailable(store);
    const record = newRecord({
      deadlineAtMs: Date.now() - 1,
      webhook: { url: 'https://example.test/hook', events: ['job.expired'] },
    });
    await store.createJob({ record, priority: 'normal' });
    expect(await delivered.promise).toBe(record.id);
  });
});

/** Resolves when the append-only file has everything, so that a kill loses nothing. */
async function persisted(): Promise<void> {
  const redis = bench.client();
  await vi.waitFor(async () => {
    expect(await redis.info('persistence')).toMatch(/aof_buffer_length:0\r/);
  }, WAIT.timeoutMs);
}
