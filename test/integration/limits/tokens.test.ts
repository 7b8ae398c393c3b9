import { type JobRecord } from '@tessera/contracts';
import { type AttemptResult, type JobAttempt, type JobConsumerOptions } from '@tessera/queue';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  answer,
  deferred,
  newRecord,
  OWNER_ID,
  QueueBench,
  transientError,
  untilAborted,
} from '../queue/queue-bench.js';

let bench: QueueBench;
beforeAll(async () => {
  bench = await QueueBench.start();
});
afterEach(() => bench.closeAll());
afterAll(() => bench.stop());

const WAIT = { timeoutMs: 20_000 };
const completed: AttemptResult = { kind: 'completed', answer };

/** One job and a worker for it. */
async function oneJob(handle: JobConsumerOptions['handle'], changes: Partial<JobRecord> = {}) {
  const connection = bench.newConnection();
  const store = await bench.store(connection);
  const record = newRecord(changes);
  await store.createJob({ record, priority: 'normal' });
  const started = deferred();
  const consumer = await bench.consumer(connection, {
    handle: (attempt) => {
      const handling = handle(attempt);
      started.resolve();
      return handling;
    },
  });
  const root = `{${connection.prefix}}`;
  /** Of all days, should it be midnight just now; once the worker has said all it had to. */
  const tokens = async (): Promise<number> => {
    await consumer.drain(WAIT.timeoutMs);
    const redis = bench.client();
    const days = await redis.keys(`${root}:tokens:*:${OWNER_ID}`);
    const counts = await Promise.all(days.map((day) => redis.get(day)));
    return counts.reduce((sum, count) => sum + Number(count), 0);
  };
  const final = () => store.waitForFinal(record.id, WAIT);
  return { connection, consumer, store, id: record.id, root, started: started.promise, tokens, final };
}

/** Uses so many tokens, then goes on until it is stopped. */
function using(totalTokens: number) {
  return (attempt: JobAttempt): Promise<never> => {
    attempt.noteUsage(totalTokens - 1);
    attempt.noteUsage(totalTokens);
    return untilAborted(attempt.signal);
  };
}

describe('the tokens of a day', () => {
  it('are those of an answer, however they were noted on the way', async () => {
    const job = await oneJob(async (attempt) => {
      attempt.noteUsage(7);
      return completed;
    });
    await job.final();
    expect(await job.tokens()).toBe(answer.usage.total_tokens);
  });

  it('are those of a job that was cancelled while it ran', async () => {
    const job = await oneJob(using(7));
    await job.started;
    await job.store.requestCancel(job.id);
    expect(await job.final()).toMatchObject({ status: 'cancelled' });
    expect(await job.tokens()).toBe(7);
  });

  it('are those of an answer that came after its job was cancelled', async () => {
    const cancelled = deferred();
    const job = await oneJob(async () => {
      await cancelled.promise;
      return completed;
    });
    await job.started;
    await job.store.requestCancel(job.id);
    cancelled.resolve();
    expect(await job.final()).toMatchObject({ status: 'cancelled' });
    expect(await job.tokens()).toBe(answer.usage.total_tokens);
  });

  it('are those of a job that expired while it ran', async () => {
    const job = await oneJob(using(7), { deadlineAtMs: Date.now() + 60_000 });
    await job.started;
    await bench.client().zadd(`${job.root}:deadlines`, Date.now() - 1, job.id);
    await bench.upkeep(job.connection);
    expect(await job.final()).toMatchObject({ status: 'expired' });
    expect(await job.tokens()).toBe(7);
  });

  it('are those of a job that was deleted before its worker had stopped', async () => {
    const proceed = deferred();
    const job = await oneJob(
      async (attempt) => {
        attempt.noteUsage(7);
        await proceed.promise;
        return { kind: 'failed', error: transientError };
      },
      { deadlineAtMs: Date.now() + 60_000 },
    );
    await job.started;
    await bench.client().zadd(`${job.root}:deadlines`, Date.now() - 1, job.id);
    await bench.upkeep(job.connection);
    await job.final();
    expect(await job.store.deleteJob(job.id)).toBe(true);
    proceed.resolve();
    expect(await job.tokens()).toBe(7);
  });

  it('are those of every attempt that ran out of time', async () => {
    const job = await oneJob(using(7), { executionTimeoutMs: 20, maxAttempts: 2 });
    expect(await job.final()).toMatchObject({ status: 'failed', attempts: 2 });
    expect(await job.tokens()).toBe(14);
  });

  it('are those of a failed attempt, and of the answer that the next one gives', async () => {
    const job = await oneJob(async (attempt) => {
      attempt.noteUsage(7);
      return attempt.record.attempts === 1 ? { kind: 'failed', error: transientError } : completed;
    });
    await job.final();
    expect(await job.tokens()).toBe(7 + answer.usage.total_tokens);
  });

  it('count once though the client sends the command again after a reconnect', async () => {
    const redis = bench.client();
    await redis.config('SET', 'slowlog-log-slower-than', 0, 'slowlog-max-len', 10_000);
    const job = await oneJob(using(7));
    const second = newRecord();
    const cancel = async (id: string) => {
      await vi.waitFor(async () => expect((await job.store.getJob(id))?.status).toBe('in_progress'));
      await job.store.requestCancel(id);
      expect(await job.store.waitForFinal(id, WAIT)).toMatchObject({ status: 'cancelled' });
    };
    await cancel(job.id);
    await job.store.createJob({ record: second, priority: 'normal' });
    await cancel(second.id);
    expect(await job.tokens()).toBe(14);
    const log = (await redis.slowlog('GET', -1)) as [number, number, number, string[]][];
    // By its hash, since the first job made Redis know the script. Keys and tokens stand at its ends.
    const [, , , sent = []] =
      log.find(([, , , [name, , , , id]]) => name?.toLowerCase() === 'evalsha' && id === second.id) ?? [];
    const [name = '', ...args] = sent;
    expect(args.at(-1)).toBe('7');
    expect(await redis.call(name, ...args)).toBe('cancelled');
    expect(await job.tokens()).toBe(14);
  });

  it('are not those of an attempt that its worker hands back', async () => {
    const job = await oneJob(using(7));
    await job.started;
    expect(await job.consumer.drain(10)).toMatchObject({ handedBackCount: 1 });
    expect(await job.tokens()).toBe(0);
  });
});
