import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type JobAttempt, type QueueConnection } from '@tessera/queue';
import {
  answer,
  deferred,
  newRecord,
  permanentError,
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

/** A store with one job in it, and what a test needs of both. */
async function oneJob(changes: Parameters<typeof newRecord>[0] = {}) {
  const connection = bench.newConnection();
  const store = await bench.store(connection);
  const record = newRecord(changes);
  await store.createJob({ record, priority: 'normal' });
  return { connection, store, id: record.id, final: () => store.waitForFinal(record.id, WAIT) };
}

describe('an attempt', () => {
  it('ends the job with its answer', async () => {
    const { connection, final, id } = await oneJob();
    const seen: JobAttempt['record'][] = [];
    await bench.consumer(connection, {
      handle: async ({ record }) => {
        seen.push(record);
        return { kind: 'completed', answer };
      },
    });
    const record = await final();
    expect(record).toMatchObject({ status: 'completed', answer, attempts: 1 });
    expect(record?.finishedAtMs).toBeGreaterThanOrEqual(record?.startedAtMs ?? Infinity);
    expect(seen).toMatchObject([{ id, status: 'in_progress', attempts: 1 }]);
  });

  it('leaves no queue entry behind', async () => {
    const { connection, final, id } = await oneJob();
    const consumer = await bench.consumer(connection, {
      handle: async () => ({ kind: 'completed', answer }),
    });
    await final();
    await consumer.drain(5_000);
    const redis = bench.client();
    expect(await redis.keys(`{${connection.prefix}}:*.answer.*:${id}*`)).toEqual([]);
  });

  it('is repeated while its failures are transient and attempts are left, and then the job fails', async () => {
    const { connection, final } = await oneJob({ maxAttempts: 3 });
    const handle = vi.fn(async () => ({ kind: 'failed' as const, error: transientError }));
    await bench.consumer(connection, { handle });
    expect(await final()).toMatchObject({ status: 'failed', error: transientError, attempts: 3 });
    expect(handle).toHaveBeenCalledTimes(3);
  });

  it('is repeated though other jobs never stop coming', async () => {
    const { connection, store, id, final } = await oneJob();
    await store.createJob({ record: newRecord(), priority: 'normal' });
    let isRepeated = false;
    await bench.consumer(connection, {
      concurrency: 1,
      handle: async ({ record }) => {
        if (record.id === id && record.attempts === 1) return { kind: 'failed', error: transientError };
        isRepeated ||= record.id === id;
        // Before this one ends, so that the line is never empty.
        if (!isRepeated) await store.createJob({ record: newRecord(), priority: 'normal' });
        return { kind: 'completed', answer };
      },
    });
    expect(await final()).toMatchObject({ status: 'completed', attempts: 2 });
  });

  it('can succeed after one that failed', async () => {
    const { connection, final } = await oneJob();
    const handle = vi.fn<() => Promise<{ kind: 'completed'; answer: typeof answer }>>();
    handle.mockRejectedValueOnce(new Error('a bug')).mockResolvedValue({ kind: 'completed', answer });
    await bench.consumer(connection, { handle });
    expect(await final()).toMatchObject({ status: 'completed', attempts: 2 });
  });

  it('that fails for good is the last', async () => {
    const { connection, final } = await oneJob();
    const handle = vi.fn(async () => ({ kind: 'failed' as const, error: permanentError }));
    await bench.consumer(connection, { handle });
    expect(await final()).toMatchObject({ status: 'failed', error: permanentError, attempts: 1 });
    expect(handle).toHaveBeenCalledTimes(1);
  });

  it('that throws counts as an internal error', async () => {
    const { connection, final } = await oneJob({ maxAttempts: 1 });
    await bench.consumer(connection, { handle: () => Promise.reject(new Error('a bug')) });
    expect(await final()).toMatchObject({ status: 'failed', error: { code: 'internal_error' } });
  });

  it('that runs out of time is aborted and counts as a failure', async () => {
    const { connection, final } = await oneJob({ executionTimeoutMs: 30, maxAttempts: 2 });
    const handle = vi.fn(({ signal }: JobAttempt) => untilAborted(signal));
    await bench.consumer(connection, { handle });
    expect(await final()).toMatchObject({
      status: 'failed',
      error: { code: 'execution_timeout' },
      attempts: 2,
    });
    expect(handle).toHaveBeenCalledTimes(2);
  });
});

describe('cancel of a running job', () => {
  it('aborts the handler and ends the job', async () => {
    const { connection, store, id, final } = await oneJob();
    const started = deferred<AbortSignal>();
    await bench.consumer(connection, {
      handle: ({ signal }) => {
        started.resolve(signal);
        return untilAborted(signal);
      },
    });
    const signal = await started.promise;
    expect(await store.requestCancel(id)).toBe('requested');
    expect(await final()).toMatchObject({ status: 'cancelled', error: { code: 'job_cancelled' } });
    expect(signal.reason).toMatchObject({ abortReason: 'cancelled', jobId: id });
  });

  it('that was accepted wins over an answer that comes later', async () => {
    const { connection, store, id, final } = await oneJob();
    const started = deferred();
    const proceed = deferred();
    await bench.consumer(connection, {
      handle: async () => {
        started.resolve();
        await proceed.promise;
        return { kind: 'completed', answer };
      },
    });
    await started.promise;
    await store.requestCancel(id);
    proceed.resolve();
    const record = await final();
    expect(record).toMatchObject({ status: 'cancelled' });
    expect(record).not.toHaveProperty('answer');
  });

  it('loses against an answer that was there before', async () => {
    const { connection, store, id, final } = await oneJob();
    await bench.consumer(connection, { handle: async () => ({ kind: 'completed', answer }) });
    await final();
    expect(await store.requestCancel(id)).toBe('already_final');
    expect(await store.getJob(id)).toMatchObject({ status: 'completed', cancelRequested: false });
  });
});

describe('a consumer that dies', () => {
  const lockDurationMs = 200;

  /** Takes the job and is cut off from Redis while it works on it. */
  async function cutOffConsumer(connection: QueueConnection) {
    const way = await bench.cuttable(connection);
    const started = deferred<JobAttempt>();
    const proceed = deferred();
    const handled = deferred();
    await bench.consumer(way.connection, {
      lockDurationMs,
      handle: async (attempt) => {
        started.resolve(attempt);
        await proceed.promise;
        handled.resolve();
        return {
          kind: 'completed',
          answer: { ...answer, output: { text: 'too late', finish_reason: 'stop' } },
        };
      },
    });
    const attempt = await started.promise;
    await way.cut();
    return { attempt, proceed: proceed.resolve, handled: handled.promise, restore: way.restore };
  }

  it('loses its job to another one', async () => {
    const { connection, final } = await oneJob();
    const dead = await cutOffConsumer(connection);
    await bench.consumer(connection, { lockDurationMs, handle: async () => ({ kind: 'completed', answer }) });
    expect(await final()).toMatchObject({ status: 'completed', answer, attempts: 2 });
    dead.proceed();
  });

  it('and comes back finds its writes refused, while another attempt runs and after', async () => {
    const { connection, final } = await oneJob();
    const dead = await cutOffConsumer(connection);
    const second = deferred();
    const finish = deferred();
    await bench.consumer(connection, {
      lockDurationMs,
      handle: async () => {
        second.resolve();
        await finish.promise;
        return { kind: 'completed', answer };
      },
    });
    await second.promise;
    await dead.restore();
    await expect(dead.attempt.publishText('ghost')).rejects.toMatchObject({ abortReason: 'lost' });
    dead.proceed();
    await dead.handled;
    finish.resolve();
    expect(await final()).toMatchObject({ status: 'completed', answer, attempts: 2 });
  });

  it('is told to stop when it comes back and its lock is gone', async () => {
    const { connection } = await oneJob();
    const dead = await cutOffConsumer(connection);
    const redis = bench.client();
    const [lock = ''] = await redis.keys(`{${connection.prefix}}:*:lock`);
    await redis.del(lock);
    await dead.restore();
    await expect(untilAborted(dead.attempt.signal)).rejects.toMatchObject({ abortReason: 'lost' });
    dead.proceed();
  });

  it('three times with the same job ends it with worker_crashed', async () => {
    const { connection, final } = await oneJob({ maxAttempts: 1 });
    const dead = [];
    for (let death = 0; death < 3; death += 1) dead.push(await cutOffConsumer(connection));
    const handle = vi.fn(async () => ({ kind: 'completed' as const, answer }));
    await bench.consumer(connection, { lockDurationMs, handle });
    expect(await final()).toMatchObject({
      status: 'failed',
      attempts: 3,
      error: { code: 'worker_crashed', retryable: false },
    });
    expect(handle).not.toHaveBeenCalled();
    for (const { proceed } of dead) proceed();
  });
});

describe('drain', () => {
  it('waits for what is active, and takes nothing more', async () => {
    const { connection, store, id } = await oneJob();
    const started = deferred();
    const proceed = deferred();
    const consumer = await bench.consumer(connection, {
      concurrency: 1,
      handle: async () => {
        started.resolve();
        await proceed.promise;
        return { kind: 'completed', answer };
      },
    });
    await started.promise;
    expect(consumer.activeCount).toBe(1);
    const drained = consumer.drain(20_000);
    const later = newRecord();
    await store.createJob({ record: later, priority: 'normal' });
    proceed.resolve();
    expect(await drained).toEqual({ finishedCount: 1, handedBackCount: 0 });
    expect(await store.getJob(id)).toMatchObject({ status: 'completed' });
    expect(await store.getJob(later.id)).toMatchObject({ status: 'queued', attempts: 0 });
  });

  it('hands back what is still active, without using up an attempt', async () => {
    const { connection, store, id, final } = await oneJob({ maxAttempts: 1 });
    const started = deferred();
    const first = await bench.consumer(connection, {
      handle: ({ signal }) => {
        started.resolve();
        return untilAborted(signal);
      },
    });
    await started.promise;
    expect(await first.drain(10)).toEqual({ finishedCount: 0, handedBackCount: 1 });
    const handedBack = await store.getJob(id);
    expect(handedBack).toMatchObject({ status: 'queued', attempts: 0 });
    expect(handedBack).not.toHaveProperty('startedAtMs');
    expect(await store.queuePosition(newRecord({ id }))).toBe(0);
    await bench.consumer(connection, { handle: async () => ({ kind: 'completed', answer }) });
    expect(await final()).toMatchObject({ status: 'completed', attempts: 1 });
  });

  it('ends in bounded time though Redis is away', async () => {
    const { connection } = await oneJob();
    const way = await bench.cuttable(connection);
    const started = deferred();
    const consumer = await bench.consumer(way.connection, {
      handle: ({ signal }) => {
        started.resolve();
        return untilAborted(signal);
      },
    });
    await started.promise;
    await way.cut();
    await expect(consumer.ping()).rejects.toMatchObject({ code: 'service_unavailable' });
    expect(await consumer.drain(10)).toEqual({ finishedCount: 0, handedBackCount: 0 });
  });
});
