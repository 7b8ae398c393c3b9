import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  answer,
  deferred,
  MODEL_ID,
  newRecord,
  OWNER_ID,
  QueueBench,
  transientError,
  untilAborted,
} from './queue-bench.js';

let bench: QueueBench;
beforeAll(async () => {
  bench = await QueueBench.start();
});
afterEach(() => bench.closeAll());
afterAll(() => bench.stop());

const WAIT = { timeoutMs: 20_000 };

describe('deadlines', () => {
  it('expire a waiting job though nobody looks at it', async () => {
    const connection = bench.newConnection();
    const store = await bench.store(connection);
    const [late, other] = [newRecord({ deadlineAtMs: Date.now() - 1 }), newRecord()];
    for (const record of [late, other]) await store.createJob({ record, priority: 'normal' });
    await bench.upkeep(connection);
    expect(await store.waitForFinal(late.id, WAIT)).toMatchObject({
      status: 'expired',
      error: { code: 'job_expired' },
    });
    expect(await store.getJob(other.id)).toMatchObject({ status: 'queued' });
    expect(await bench.client().zcard(`{${connection.prefix}}:deadlines`)).toBe(0);
  });

  it('abort a running job', async () => {
    const connection = bench.newConnection();
    const store = await bench.store(connection);
    const record = newRecord({ deadlineAtMs: Date.now() + 60_000 });
    await store.createJob({ record, priority: 'normal' });
    const started = deferred<AbortSignal>();
    await bench.consumer(connection, {
      handle: ({ signal }) => {
        started.resolve(signal);
        return untilAborted(signal);
      },
    });
    const signal = await started.promise;
    await bench.client().zadd(`{${connection.prefix}}:deadlines`, Date.now() - 1, record.id);
    await bench.upkeep(connection);
    expect(await store.waitForFinal(record.id, WAIT)).toMatchObject({ status: 'expired' });
    await expect(untilAborted(signal)).rejects.toMatchObject({ abortReason: 'expired' });
  });

  it('are seen by the worker that takes the job too late', async () => {
    const connection = bench.newConnection();
    const store = await bench.store(connection);
    const record = newRecord({ deadlineAtMs: Date.now() - 1 });
    await store.createJob({ record, priority: 'normal' });
    const handle = vi.fn(async () => ({ kind: 'completed' as const, answer }));
    await bench.consumer(connection, { handle });
    expect(await store.waitForFinal(record.id, WAIT)).toMatchObject({ status: 'expired' });
    expect(handle).not.toHaveBeenCalled();
  });
});

describe('lost queue entries', () => {
  it.each(['normal', 'low'] as const)(
    'come back for a %s job whose creator died before it was enqueued',
    async (priority) => {
      const connection = bench.newConnection();
      const store = await bench.store(connection);
      const record = newRecord();
      await store.createJob({ record, priority });
      // As the creator leaves it when it dies between its two steps.
      const redis = bench.client();
      await redis.del(...(await redis.keys(`{${connection.prefix}}:image-question*`)));
      await bench.upkeep(connection, { timings: { reconcileEveryMs: 600_000 } });
      await bench.consumer(connection, { handle: async () => ({ kind: 'completed', answer }) });
      expect(await store.waitForFinal(record.id, WAIT)).toMatchObject({ status: 'completed', attempts: 1 });
    },
  );

  it('do not keep a job from being accepted: upkeep adds what its creator could not', async () => {
    const connection = bench.newConnection();
    const store = await bench.store(connection);
    const redis = bench.client();
    const counter = `{${connection.prefix}}:image-question.answer.${encodeURIComponent(MODEL_ID)}:id`;
    await redis.set(counter, 'BullMQ cannot count on from this');
    const record = newRecord();
    expect(await store.createJob({ record, priority: 'normal' })).toMatchObject({ kind: 'created' });
    await redis.del(counter);
    await bench.upkeep(connection, { timings: { reconcileEveryMs: 600_000 } });
    await bench.consumer(connection, { handle: async () => ({ kind: 'completed', answer }) });
    expect(await store.waitForFinal(record.id, WAIT)).toMatchObject({ status: 'completed' });
  });

  it('are found by comparing all open jobs with BullMQ', async () => {
    const connection = bench.newConnection();
    const store = await bench.store(connection);
    const records = [newRecord(), newRecord(), newRecord()];
    for (const record of records) await store.createJob({ record, priority: 'normal' });
    const redis = bench.client();
    await redis.del(...(await redis.keys(`{${connection.prefix}}:image-question*`)));
    await bench.upkeep(connection);
    await bench.consumer(connection, { handle: async () => ({ kind: 'completed', answer }) });
    const finals = await Promise.all(records.map(({ id }) => store.waitForFinal(id, WAIT)));
    expect(finals.map((record) => record?.status)).toEqual(['completed', 'completed', 'completed']);
  });

  it('of jobs that run come back too', async () => {
    const connection = bench.newConnection();
    const store = await bench.store(connection);
    const record = newRecord();
    await store.createJob({ record, priority: 'normal' });
    const way = await bench.cuttable(connection);
    const started = deferred();
    await bench.consumer(way.connection, {
      handle: ({ signal }) => {
        started.resolve();
        return untilAborted(signal);
      },
    });
    await started.promise;
    await way.cut();
    const redis = bench.client();
    await redis.del(...(await redis.keys(`{${connection.prefix}}:image-question*`)));
    await bench.upkeep(connection);
    await bench.consumer(connection, { handle: async () => ({ kind: 'completed', answer }) });
    expect(await store.waitForFinal(record.id, WAIT)).toMatchObject({ status: 'completed', attempts: 2 });
  });

  it('come back for a job whose worker died before it was to be called again, and not before its time', async () => {
    const connection = bench.newConnection();
    const store = await bench.store(connection);
    const [due, later] = [newRecord(), newRecord()];
    const root = `{${connection.prefix}}`;
    const retries = `${root}:retries:${MODEL_ID}`;
    const redis = bench.client();
    for (const record of [due, later]) await store.createJob({ record, priority: 'normal' });
    const consumer = await bench.consumer(connection, {
      retryBackoff: { firstMs: 60_000, longestMs: 60_000 },
      handle: async () => ({ kind: 'failed', error: transientError }),
    });
    await vi.waitFor(async () => expect(await redis.zcard(retries)).toBe(2), WAIT.timeoutMs);
    await consumer.drain(5_000);
    await redis.del(...(await redis.keys(`${root}:image-question*`)));
    await redis.zadd(retries, Date.now(), due.id);
    await bench.upkeep(connection);
    await bench.consumer(connection, { handle: async () => ({ kind: 'completed', answer }) });
    expect(await store.waitForFinal(due.id, WAIT)).toMatchObject({ status: 'completed', attempts: 2 });
    expect(await redis.zrange(retries, '0', '-1')).toEqual([later.id]);
    expect(await store.getJob(later.id)).toMatchObject({ status: 'queued', attempts: 1 });
  });

  it('that BullMQ gave up end the job they carried with worker_crashed', async () => {
    const connection = bench.newConnection();
    const store = await bench.store(connection);
    const record = newRecord();
    await store.createJob({ record, priority: 'normal' });
    const consumer = await bench.consumer(connection, { handle: ({ signal }) => untilAborted(signal) });
    await vi.waitFor(async () => expect((await store.getJob(record.id))?.status).toBe('in_progress'));
    await consumer.drain(0);
    const queue = `{${connection.prefix}}:image-question.answer.${encodeURIComponent(MODEL_ID)}`;
    const redis = bench.client();
    const entryId = (await redis.rpop(`${queue}:wait`)) ?? '';
    await redis.zadd(`${queue}:failed`, 1, entryId);
    await bench.upkeep(connection);
    expect(await store.waitForFinal(record.id, WAIT)).toMatchObject({
      status: 'failed',
      error: { code: 'worker_crashed' },
    });
  });

  it('are never added for jobs that have one', async () => {
    const connection = bench.newConnection();
    const store = await bench.store(connection);
    const records = [newRecord(), newRecord(), newRecord()];
    for (const record of records) await store.createJob({ record, priority: 'normal' });
    const root = `{${connection.prefix}}`;
    const wait = `${root}:image-question.answer.${encodeURIComponent(MODEL_ID)}:wait`;
    const redis = bench.client();
    await redis.rpop(wait);
    await bench.upkeep(connection);
    await vi.waitFor(async () => expect(await redis.llen(wait)).toBe(3), WAIT.timeoutMs);
    // Two jobs expire one after the other, in passes between which others could add more.
    for (const { id } of records.slice(1)) {
      await redis.zadd(`${root}:deadlines`, Date.now() - 1, id);
      await store.waitForFinal(id, WAIT);
    }
    expect(await redis.llen(wait)).toBe(3);
  });
});

describe('retention', () => {
  async function endedJob(retentionSeconds: number) {
    const connection = bench.newConnection();
    const store = await bench.store(connection, { retentionSeconds });
    const record = newRecord();
    await store.createJob({ record, priority: 'normal' });
    await store.requestCancel(record.id);
    return { connection, store, id: record.id, root: `{${connection.prefix}}`, redis: bench.client() };
  }

  it('removes objects first, then everything else of the job', async () => {
    const { connection, store, id, root, redis } = await endedJob(0);
    const atRemoval: unknown[] = [];
    const removed = deferred();
    await bench.upkeep(connection, {
      removeObjects: async (jobId) => {
        atRemoval.push(jobId, (await store.getJob(jobId))?.status);
        removed.resolve();
      },
    });
    await removed.promise;
    await vi.waitFor(async () => expect(await redis.keys(`${root}:job*`)).toEqual([]), WAIT.timeoutMs);
    expect(atRemoval).toEqual([id, 'cancelled']);
    expect(await redis.zcard(`${root}:expiries`)).toBe(0);
    expect(await store.listJobs({ ownerId: OWNER_ID, limit: 5 })).toEqual({ records: [], hasMore: false });
  });

  it('leaves jobs alone whose time has not come, with a net under them', async () => {
    const { id, root, redis, connection, store } = await endedJob(600);
    const other = await bench.store(connection, { retentionSeconds: 0 });
    const due = newRecord();
    await other.createJob({ record: due, priority: 'normal' });
    await other.requestCancel(due.id);
    const removeObjects = vi.fn(async () => undefined);
    await bench.upkeep(connection, { removeObjects });
    await vi.waitFor(async () => expect(await store.getJob(due.id)).toBeUndefined(), WAIT.timeoutMs);
    expect(removeObjects.mock.calls).toEqual([[due.id]]);
    expect(await store.getJob(id)).toMatchObject({ status: 'cancelled' });
    expect(await redis.ttl(`${root}:job:${id}`)).toBeGreaterThan(600 + 86_000);
  });

  it('keeps a job whose objects could not be removed, and goes on with others', async () => {
    const { connection, store, id } = await endedJob(0);
    const other = newRecord();
    await store.createJob({ record: other, priority: 'normal' });
    await store.requestCancel(other.id);
    await bench.upkeep(connection, {
      removeObjects: async (jobId) => {
        if (jobId === id) throw new Error('disk on fire');
      },
    });
    await vi.waitFor(async () => expect(await store.getJob(other.id)).toBeUndefined(), WAIT.timeoutMs);
    expect(await store.getJob(id)).toMatchObject({ status: 'cancelled' });
  });
});

describe('inputs in the store', () => {
  const never = 'job_never_made';

  it('go where no record has come for them, and stay where there is one', async () => {
    const connection = bench.newConnection();
    const store = await bench.store(connection);
    const record = newRecord();
    await store.createJob({ record, priority: 'normal' });
    const removed: string[] = [];
    const sweptTwice = deferred();
    let sweepCount = 0;
    await bench.upkeep(connection, {
      storedJobIds: async function* () {
        sweepCount += 1;
        if (sweepCount === 3) sweptTwice.resolve();
        yield* [record.id, never, never];
      },
      removeOrphan: async (jobId) => void removed.push(jobId),
    });
    await sweptTwice.promise;
    expect(new Set(removed)).toEqual(new Set([never]));
  });

  it('stay for the time in which the record may still come', async () => {
    const connection = bench.newConnection();
    const store = await bench.store(connection);
    const late = newRecord();
    const redis = bench.client();
    const orphans = `{${connection.prefix}}:orphans`;
    const removeOrphan = vi.fn(async () => undefined);
    await bench.upkeep(connection, {
      storedJobIds: async function* () {
        yield late.id;
      },
      removeOrphan,
      timings: { orphanAfterMs: 60_000 },
    });
    await vi.waitFor(async () => expect(await redis.zcard(orphans)).toBe(1), WAIT.timeoutMs);
    await store.createJob({ record: late, priority: 'normal' });
    await vi.waitFor(async () => expect(await redis.zcard(orphans)).toBe(0), WAIT.timeoutMs);
    expect(removeOrphan).not.toHaveBeenCalled();
  });
});
