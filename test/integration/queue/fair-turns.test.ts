import { type JobRecord } from '@tessera/contracts';
import { type AttemptResult, type JobAttempt, type JobStore, type QueueConnection } from '@tessera/queue';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { answer, MODEL_ID, newRecord, QueueBench, transientError, untilAborted } from './queue-bench.js';

let bench: QueueBench;
beforeAll(async () => {
  bench = await QueueBench.start();
});
afterEach(() => bench.closeAll());
afterAll(() => bench.stop());

const WAIT = { timeoutMs: 20_000 };

interface AddOptions {
  readonly weight?: number;
  readonly priority?: 'low' | 'normal';
  readonly maxAttempts?: number;
}

interface Line {
  readonly connection: QueueConnection;
  readonly store: JobStore;
  readonly records: JobRecord[];
  /** Adds jobs of an owner to the line. */
  add(ownerId: string, count: number, options?: AddOptions): Promise<void>;
}

async function newLine(): Promise<Line> {
  const connection = bench.newConnection();
  const store = await bench.store(connection, { maxWaitingJobs: 1_000 });
  const records: JobRecord[] = [];
  return {
    connection,
    store,
    records,
    add: async (ownerId, count, { priority = 'normal', ...changes } = {}) => {
      for (let job = 0; job < count; job += 1) {
        const metadata = { name: `${ownerId}${job} ${priority}` };
        const record = newRecord({ ownerId, metadata, ...changes });
        records.push(record);
        await store.createJob({ record, priority });
      }
    },
  };
}

/** Answers everything one by one; `afterEach` is told of each record before the next one is taken. */
async function takenFrom(line: Line, afterEach?: (record: JobRecord) => Promise<void>): Promise<JobRecord[]> {
  const taken: JobRecord[] = [];
  await bench.consumer(line.connection, {
    concurrency: 1,
    handle: async ({ record }) => {
      taken.push(record);
      await afterEach?.(record);
      return { kind: 'completed', answer };
    },
  });
  for (let index = 0; index < line.records.length; index += 1)
    await line.store.waitForFinal(line.records[index]?.id ?? '', WAIT);
  return taken;
}

const owners = (records: readonly JobRecord[]): string => records.map(({ ownerId }) => ownerId).join('');

describe('owners', () => {
  it('take turns, however many jobs one of them has and whoever came first', async () => {
    const line = await newLine();
    await line.add('A', 60);
    await line.add('B', 3);
    await line.add('C', 1);
    expect(owners(await takenFrom(line))).toBe(`ABCABAB${'A'.repeat(57)}`);
  });

  it('get turns in proportion to their weights', async () => {
    const line = await newLine();
    await line.add('A', 40, { weight: 1 });
    await line.add('B', 40, { weight: 3 });
    const first = owners(await takenFrom(line)).slice(0, 40);
    for (let end = 4; end <= 40; end += 4)
      expect(first.slice(0, end).split('B').length - 1).toBe((end * 3) / 4);
  });

  it('that come later begin at once, and have saved nothing up', async () => {
    const line = await newLine();
    await line.add('A', 20);
    const taken = await takenFrom(line, async ({ metadata }) => {
      if (metadata.name === 'A9 normal') await line.add('B', 4);
    });
    expect(owners(taken)).toBe(`${'A'.repeat(10)}BABABAB${'A'.repeat(7)}`);
  });

  it('that ask for one job after the other get no more than their share', async () => {
    const line = await newLine();
    await line.add('A', 1, { weight: 1 });
    await line.add('B', 30, { weight: 3 });
    const taken = await takenFrom(line, async ({ ownerId }) => {
      if (ownerId === 'A' && line.records.length < 36) await line.add('A', 1, { weight: 1 });
    });
    const first = owners(taken).slice(0, 20);
    expect(first.split('A').length - 1).toBe(5);
  });

  it('have their own jobs done by priority and in order', async () => {
    const line = await newLine();
    await line.add('A', 2, { priority: 'low' });
    await line.add('A', 2);
    await line.add('B', 1, { priority: 'low' });
    const names = (await takenFrom(line)).map(({ metadata }) => metadata.name);
    expect(names).toEqual(['A0 normal', 'B0 low', 'A1 normal', 'A0 low', 'A1 low']);
  });
});

describe('jobs that are tried again', () => {
  /** Fails every attempt at a job of A; returns whose jobs they were at, one after the other, until all have ended. */
  async function attemptsOf(line: Line, backoffMs: number, afterEach?: (count: number) => Promise<void>) {
    const attempts: JobRecord[] = [];
    await bench.consumer(line.connection, {
      concurrency: 1,
      retryBackoff: { firstMs: backoffMs, longestMs: backoffMs },
      handle: async ({ record }): Promise<AttemptResult> => {
        attempts.push(record);
        await afterEach?.(attempts.length);
        return record.ownerId === 'A'
          ? { kind: 'failed', error: transientError }
          : { kind: 'completed', answer };
      },
    });
    for (let index = 0; index < line.records.length; index += 1)
      await line.store.waitForFinal(line.records[index]?.id ?? '', WAIT);
    return owners(attempts);
  }

  it('take a turn of their owner for each attempt', async () => {
    const line = await newLine();
    await line.add('A', 1, { maxAttempts: 6 });
    await line.add('B', 10);
    expect(await attemptsOf(line, 0)).toBe(`${'AB'.repeat(6)}BBBB`);
  });

  it("keep no other owner's job waiting, however many there are", async () => {
    const line = await newLine();
    await line.add('A', 60, { maxAttempts: 3 });
    const attempts = await attemptsOf(line, 1, async (count) => {
      if (count === 100) await line.add('B', 1);
    });
    expect(attempts.indexOf('B')).toBeLessThanOrEqual(101);
    expect(attempts).toHaveLength(181);
  });

  it('are cancelled at once while they wait for it', async () => {
    const line = await newLine();
    await line.add('A', 1);
    const [{ id } = newRecord()] = line.records;
    await bench.consumer(line.connection, {
      retryBackoff: { firstMs: 60_000, longestMs: 60_000 },
      handle: async () => ({ kind: 'failed', error: transientError }),
    });
    const retries = `{${line.connection.prefix}}:retries:${MODEL_ID}`;
    await vi.waitFor(async () => expect(await bench.client().zcard(retries)).toBe(1), WAIT.timeoutMs);
    expect(await line.store.queuePosition(newRecord({ id }))).toBe(0);
    expect(await line.store.requestCancel(id)).toBe('cancelled');
    expect(await line.store.getJob(id)).toMatchObject({ status: 'cancelled', attempts: 1 });
    expect(await bench.client().zcard(retries)).toBe(0);
  });
});

describe('a worker is called for a job', () => {
  async function untilRunning(line: Line, count: number): Promise<void> {
    const redis = bench.client();
    const running = `{${line.connection.prefix}}:jobs:in_progress`;
    await vi.waitFor(async () => expect(await redis.zcard(running)).toBe(count), WAIT.timeoutMs);
  }

  it('though many owners had something in line before', async () => {
    const line = await newLine();
    for (let owner = 0; owner < 150; owner += 1) await line.add(`A${owner}`, 1);
    await line.add('B', 1);
    await bench.consumer(line.connection, { concurrency: 160, handle: ({ signal }) => untilAborted(signal) });
    await untilRunning(line, 151);
    await line.add('B', 1);
    await untilRunning(line, 152);
  });

  it('that came when all entries carried others, once they are taken', async () => {
    const line = await newLine();
    await line.add('A', 40);
    const running = { concurrency: 50, handle: ({ signal }: JobAttempt) => untilAborted(signal) };
    const first = await bench.consumer(line.connection, running);
    await untilRunning(line, 40);
    await first.drain(0);
    await line.add('B', 3);
    await bench.consumer(line.connection, running);
    await untilRunning(line, 43);
  });
});

describe('queuePosition', () => {
  it('counts the jobs of other owners that will be taken before', async () => {
    const line = await newLine();
    await line.add('B', 12, { weight: 2 });
    await line.add('C', 3, { weight: 1 });
    await line.add('A', 5, { weight: 1 });
    const positions = await Promise.all(line.records.map((record) => line.store.queuePosition(record)));
    const inOrder = line.records.toSorted((one, other) => {
      const [first = NaN, second = NaN] = [one, other].map(
        (record) => positions[line.records.indexOf(record)],
      );
      return first - second;
    });
    expect((await takenFrom(line)).map(({ id }) => id)).toEqual(inOrder.map(({ id }) => id));
    expect(positions.toSorted((one = 0, other = 0) => one - other)).toEqual([...line.records.keys()]);
  });
});
