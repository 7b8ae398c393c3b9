import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type JobQuery } from '@tessera/queue';
import {
  MODEL_ID,
  newRecord,
  OWNER_ID,
  QueueBench,
  servedModel,
  answer,
  untilAborted,
} from './queue-bench.js';

let bench: QueueBench;
beforeAll(async () => {
  bench = await QueueBench.start();
});
afterEach(() => bench.closeAll());
afterAll(() => bench.stop());

const WAIT = { timeoutMs: 20_000 };

describe('createJob', () => {
  it('keeps every field of the record', async () => {
    const connection = bench.newConnection();
    const store = await bench.store(connection);
    const record = newRecord({
      webhook: { url: 'https://example.test/hook', events: ['job.completed'] },
      metadata: { row: '7' },
      deadlineAtMs: Date.now() + 60_000,
      executionTimeoutMs: 5_000,
      request: { model: MODEL_ID, messages: [], images: [], maxTokens: 5 },
    });
    expect(await store.createJob({ record, priority: 'normal' })).toEqual({ kind: 'created', record });
    expect(await store.getJob(record.id)).toEqual(record);
  });

  it('calls one worker for each job, and no more than a few when many wait', async () => {
    const connection = bench.newConnection();
    const store = await bench.store(connection, { maxWaitingJobs: 1_000 });
    const redis = bench.client();
    const wait = `{${connection.prefix}}:image-question.answer.org%2Ftiny%3Av1:wait`;
    await store.createJob({ record: newRecord(), priority: 'normal' });
    expect(await redis.llen(wait)).toBe(1);
    for (let job = 1; job < 100; job += 1) await store.createJob({ record: newRecord(), priority: 'low' });
    expect(await redis.llen(wait)).toBe(32);
  });

  it('replays the job of an idempotency key, and refuses the key with another body', async () => {
    const store = await bench.store(bench.newConnection(), { maxWaitingJobs: 1 });
    const idempotency = { ownerId: OWNER_ID, key: 'order 7', bodySha256: 'a'.repeat(64) };
    const record = newRecord();
    await store.createJob({ record, priority: 'normal', idempotency });
    // Though the queue is full by now.
    expect(await store.createJob({ record: newRecord(), priority: 'normal', idempotency })).toEqual({
      kind: 'replayed',
      record,
    });
    const reused = { ...idempotency, bodySha256: 'b'.repeat(64) };
    expect(await store.createJob({ record: newRecord(), priority: 'normal', idempotency: reused })).toEqual({
      kind: 'key_reused',
    });
    expect((await store.listJobs({ ownerId: OWNER_ID, limit: 10 })).records).toEqual([record]);
  });

  it('tells what an idempotency key has done before, and nothing of a key whose job is gone', async () => {
    const store = await bench.store(bench.newConnection());
    const record = newRecord();
    const idempotency = { ownerId: OWNER_ID, key: 'order 8', bodySha256: 'a'.repeat(64) };
    expect(await store.findEarlierUse(idempotency)).toBeUndefined();
    await store.createJob({ record, priority: 'normal', idempotency });
    expect(await store.findEarlierUse(idempotency)).toMatchObject({
      kind: 'replayed',
      record: { id: record.id },
    });
    expect(await store.findEarlierUse({ ...idempotency, bodySha256: 'b'.repeat(64) })).toEqual({
      kind: 'key_reused',
    });
    await store.requestCancel(record.id);
    await store.deleteJob(record.id);
    expect(await store.findEarlierUse(idempotency)).toBeUndefined();
  });

  it("knows nothing of another owner's idempotency key", async () => {
    const store = await bench.store(bench.newConnection());
    const idempotency = { ownerId: OWNER_ID, key: 'order 9', bodySha256: 'a'.repeat(64) };
    await store.createJob({ record: newRecord(), priority: 'normal', idempotency });
    const others = { ...idempotency, ownerId: 'key_2' };
    expect(await store.findEarlierUse(others)).toBeUndefined();
    const record = newRecord({ ownerId: 'key_2' });
    const outcome = await store.createJob({ record, priority: 'normal', idempotency: others });
    expect(outcome).toMatchObject({ kind: 'created', record: { id: record.id } });
  });

  it('remembers an idempotency key for a day', async () => {
    const connection = bench.newConnection();
    const store = await bench.store(connection);
    const idempotency = { ownerId: OWNER_ID, key: 'order 7', bodySha256: 'a'.repeat(64) };
    await store.createJob({ record: newRecord(), priority: 'normal', idempotency });
    const redis = bench.client();
    const [key = ''] = await redis.keys(`{${connection.prefix}}:idempotency:*`);
    expect(await redis.ttl(key)).toBeGreaterThan(86_390);
  });

  it('makes one job of many requests with one key at the same time', async () => {
    const store = await bench.store(bench.newConnection());
    const idempotency = { ownerId: OWNER_ID, key: 'order 7', bodySha256: 'a'.repeat(64) };
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, () =>
        store.createJob({ record: newRecord(), priority: 'normal', idempotency }),
      ),
    );
    expect(outcomes.filter(({ kind }) => kind === 'created')).toHaveLength(1);
    expect(outcomes.filter(({ kind }) => kind === 'replayed')).toHaveLength(9);
  });

  it('refuses a job when as many wait as may, and keeps nothing of it', async () => {
    const store = await bench.store(bench.newConnection(), { maxWaitingJobs: 2 });
    const kept = [newRecord(), newRecord()];
    for (const record of kept) await store.createJob({ record, priority: 'normal' });
    const refused = newRecord();
    expect(await store.createJob({ record: refused, priority: 'normal' })).toEqual({
      kind: 'queue_full',
      waitingJobCount: 2,
      limit: 2,
    });
    expect(await store.getJob(refused.id)).toBeUndefined();
    await store.requestCancel(kept[0]?.id ?? '');
    expect(await store.createJob({ record: refused, priority: 'normal' })).toMatchObject({ kind: 'created' });
  });
});

describe('queuePosition', () => {
  it('counts the jobs ahead, low priority behind normal', async () => {
    const store = await bench.store(bench.newConnection());
    const [first, low, second] = [0, 1, 2].map((order) => newRecord({ createdAtMs: Date.now() + order }));
    if (!first || !low || !second) throw new Error('three records');
    await store.createJob({ record: first, priority: 'normal' });
    await store.createJob({ record: low, priority: 'low' });
    await store.createJob({ record: second, priority: 'normal' });
    expect(await Promise.all([first, second, low].map((record) => store.queuePosition(record)))).toEqual([
      0, 1, 2,
    ]);
    await store.requestCancel(first.id);
    expect(await store.queuePosition(first)).toBeUndefined();
    expect(await store.queuePosition(low)).toBe(1);
  });

  it('is the order in which jobs are taken', async () => {
    const connection = bench.newConnection();
    const store = await bench.store(connection);
    const records = [0, 1, 2, 3].map((order) => newRecord({ createdAtMs: Date.now() + order }));
    for (const [index, record] of records.entries())
      await store.createJob({ record, priority: index === 1 ? 'low' : 'normal' });
    const taken: string[] = [];
    await bench.consumer(connection, {
      concurrency: 1,
      handle: async ({ record }) => {
        taken.push(record.id);
        return { kind: 'completed', answer };
      },
    });
    await Promise.all(records.map(({ id }) => store.waitForFinal(id, WAIT)));
    expect(taken).toEqual([0, 2, 3, 1].map((index) => records[index]?.id));
  });
});

describe('listJobs', () => {
  it('lists the jobs of one owner alone, whatever their status, and takes no cursor of another one', async () => {
    const store = await bench.store(bench.newConnection());
    const [queued, cancelled, others] = [newRecord(), newRecord(), newRecord({ ownerId: 'key_2' })];
    for (const record of [queued, cancelled, others]) await store.createJob({ record, priority: 'normal' });
    await store.requestCancel(cancelled.id);
    const idsOf = async (query: Omit<JobQuery, 'limit'>) =>
      (await store.listJobs({ limit: 10, ...query })).records.map(({ id }) => id).sort();
    expect(await idsOf({ ownerId: OWNER_ID })).toEqual([queued.id, cancelled.id].sort());
    expect(await idsOf({ ownerId: OWNER_ID, status: 'queued' })).toEqual([queued.id]);
    expect(await idsOf({ ownerId: OWNER_ID, status: 'cancelled' })).toEqual([cancelled.id]);
    expect(await idsOf({ ownerId: 'key_2' })).toEqual([others.id]);
    expect(await idsOf({ ownerId: 'key_2', status: 'cancelled' })).toEqual([]);
    await expect(idsOf({ ownerId: 'key_2', after: queued.id })).rejects.toMatchObject({
      code: 'invalid_value',
    });
  });

  it('pages newest first without gap or repeat, also among equal times', async () => {
    const store = await bench.store(bench.newConnection());
    const now = Date.now();
    const records = [0, 0, 1, 1, 1, 2, 3].map((order) => newRecord({ createdAtMs: now + order }));
    for (const record of records) await store.createJob({ record, priority: 'normal' });
    const seen: string[] = [];
    for (let after: string | undefined, hasMore = true; hasMore; after = seen.at(-1)) {
      const page = await store.listJobs({
        ownerId: OWNER_ID,
        limit: 2,
        ...(after === undefined ? {} : { after }),
      });
      seen.push(...page.records.map(({ id }) => id));
      hasMore = page.hasMore;
    }
    const newestFirst = records
      .toSorted((a, b) => b.createdAtMs - a.createdAtMs || (a.id < b.id ? 1 : -1))
      .map(({ id }) => id);
    expect(seen).toEqual(newestFirst);
  });

  it('lists one status at a time', async () => {
    const store = await bench.store(bench.newConnection());
    const [kept, cancelled] = [newRecord(), newRecord()];
    for (const record of [kept, cancelled]) await store.createJob({ record, priority: 'normal' });
    await store.requestCancel(cancelled.id);
    const ids = async (status: 'queued' | 'cancelled' | 'failed') =>
      (await store.listJobs({ ownerId: OWNER_ID, limit: 10, status })).records.map(({ id }) => id);
    expect(await ids('queued')).toEqual([kept.id]);
    expect(await ids('cancelled')).toEqual([cancelled.id]);
    expect(await ids('failed')).toEqual([]);
  });

  it('goes on after a job that has another status by now, and never shows hidden ones', async () => {
    const store = await bench.store(bench.newConnection());
    const now = Date.now();
    const records = [0, 1, 1, 1, 2].map((order) => newRecord({ createdAtMs: now + order }));
    for (const record of records) await store.createJob({ record, priority: 'normal' });
    for (const order of [0, 1, 3])
      await store.createJob({
        record: newRecord({ createdAtMs: now + order, isHidden: true }),
        priority: 'normal',
      });
    const list = async (after?: string) =>
      (
        await store.listJobs({
          ...{ ownerId: OWNER_ID, status: 'queued', limit: 2 },
          ...(after === undefined ? {} : { after }),
        })
      ).records.map(({ id }) => id);
    const newestFirst = records
      .toSorted((a, b) => b.createdAtMs - a.createdAtMs || (a.id < b.id ? 1 : -1))
      .map(({ id }) => id);
    expect(await list()).toEqual(newestFirst.slice(0, 2));
    await store.requestCancel(newestFirst[1] ?? '');
    expect(await list(newestFirst[1])).toEqual(newestFirst.slice(2, 4));
    expect(await list(newestFirst[3])).toEqual(newestFirst.slice(4));
  });

  it.each(['queued', 'in_progress'] as const)(
    'takes no more steps for %s jobs when other owners have many',
    async (status) => {
      const connection = bench.newConnection();
      const store = await bench.store(connection, { maxWaitingJobs: 1_000 });
      const redis = bench.client();
      const create = (ownerId: string, count: number) =>
        Promise.all(
          Array.from({ length: count }, () =>
            store.createJob({ record: newRecord({ ownerId }), priority: 'normal' }),
          ),
        );
      await create(OWNER_ID, 3);
      if (status === 'in_progress') {
        const consumer = await bench.consumer(connection, {
          concurrency: 303,
          handle: ({ signal }) => untilAborted(signal),
        });
        await vi.waitFor(() => expect(consumer.activeCount).toBe(3), WAIT.timeoutMs);
      }
      const open = async () => redis.zcard(`{${connection.prefix}}:jobs:${status}`);
      const stepsOfList = async (count: number) => {
        await vi.waitFor(async () => expect(await open()).toBe(count), WAIT.timeoutMs);
        await redis.config('RESETSTAT');
        const { records } = await store.listJobs({ ownerId: OWNER_ID, status, limit: 10 });
        // Commands that read indexes from their newest on, and records: of these a list is made.
        const steps = (await redis.info('commandstats')).matchAll(
          /cmdstat_(?:zrev\w+|zscore|hgetall):calls=\d+/g,
        );
        return { listed: records.length, steps: [...steps].map(([step]) => step).sort() };
      };
      const alone = await stepsOfList(3);
      expect(alone.listed).toBe(3);
      await create('key_2', 300);
      expect(await stepsOfList(303)).toEqual(alone);
    },
  );

  it('skips records that are gone, and refuses to go on after a job that is', async () => {
    const connection = bench.newConnection();
    const store = await bench.store(connection);
    const records = [0, 1, 2].map((order) => newRecord({ createdAtMs: Date.now() + order }));
    for (const record of records) await store.createJob({ record, priority: 'normal' });
    const goneId = records[1]?.id ?? '';
    await bench.client().del(`{${connection.prefix}}:job:${goneId}`);
    const page = await store.listJobs({ ownerId: OWNER_ID, limit: 2 });
    expect(page.records.map(({ id }) => id)).toEqual([records[2]?.id, records[0]?.id]);
    expect(page.hasMore).toBe(false);
    await expect(store.listJobs({ ownerId: OWNER_ID, limit: 2, after: goneId })).rejects.toMatchObject({
      code: 'invalid_value',
      param: 'after',
    });
  });
});

describe('cancel and delete', () => {
  it('ends a waiting job at once, and no worker gets it', async () => {
    const connection = bench.newConnection();
    const store = await bench.store(connection);
    const [cancelled, other] = [newRecord(), newRecord()];
    for (const record of [cancelled, other]) await store.createJob({ record, priority: 'normal' });
    expect(await store.requestCancel(cancelled.id)).toBe('cancelled');
    expect(await store.requestCancel(cancelled.id)).toBe('already_final');
    const handled: string[] = [];
    await bench.consumer(connection, {
      concurrency: 1,
      handle: async ({ record }) => {
        handled.push(record.id);
        return { kind: 'completed', answer };
      },
    });
    await store.waitForFinal(other.id, WAIT);
    expect(handled).toEqual([other.id]);
    expect(await store.getJob(cancelled.id)).toMatchObject({
      status: 'cancelled',
      error: { code: 'job_cancelled' },
    });
  });

  it('knows no job that was never made', async () => {
    const store = await bench.store(bench.newConnection());
    expect(await store.requestCancel('job_0')).toBe('not_found');
    expect(await store.getJob('job_0')).toBeUndefined();
    expect(await store.deleteJob('job_0')).toBe(false);
    expect(await store.waitForFinal('job_0', WAIT)).toBeUndefined();
  });

  it('deletes only jobs that have ended, and everything of them', async () => {
    const connection = bench.newConnection();
    const store = await bench.store(connection);
    const record = newRecord();
    await store.createJob({ record, priority: 'normal' });
    expect(await store.deleteJob(record.id)).toBe(false);
    await store.requestCancel(record.id);
    expect(await store.deleteJob(record.id)).toBe(true);
    expect(await store.getJob(record.id)).toBeUndefined();
    const redis = bench.client();
    const root = `{${connection.prefix}}`;
    const left = (await redis.keys(`${root}:job*`)).concat(await redis.keys(`${root}:expiries`));
    expect(left).toEqual([]);
  });
});

describe('servedModels', () => {
  it('lists a model while a consumer announces it, once for all of them', async () => {
    const connection = bench.newConnection();
    const store = await bench.store(connection);
    expect(await store.servedModels()).toEqual([]);
    const handle = ({ signal }: { signal: AbortSignal }) => untilAborted(signal);
    const [first, second] = [
      await bench.consumer(connection, { handle }),
      await bench.consumer(connection, { handle }),
    ];
    expect(await store.servedModels()).toEqual([servedModel]);
    await first.drain(0);
    expect(await store.servedModels()).toEqual([servedModel]);
    await second.drain(0);
    expect(await store.servedModels()).toEqual([]);
  });

  it('forgets the model of a consumer that gives no sign of life', async () => {
    const connection = bench.newConnection();
    const store = await bench.store(connection);
    const handle = ({ signal }: { signal: AbortSignal }) => untilAborted(signal);
    await bench.consumer(connection, { handle });
    const redis = bench.client();
    const consumers = `{${connection.prefix}}:consumers`;
    const [id = '', endsAtMs = ''] = await redis.zrange(consumers, '0', '0', 'WITHSCORES');
    expect(Number(endsAtMs)).toBeGreaterThan(Date.now());
    await redis.zadd(consumers, Date.now() - 1, id);
    expect(await store.servedModels()).toEqual([]);
  });
});
