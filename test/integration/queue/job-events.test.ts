import { type JobAttempt, type JobStore, type JobStreamEvent } from '@tessera/queue';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { answer, deferred, newRecord, QueueBench, transientError } from './queue-bench.js';

let bench: QueueBench;
beforeAll(async () => {
  bench = await QueueBench.start();
});
afterEach(() => bench.closeAll());
afterAll(() => bench.stop());

const never = new AbortController().signal;
const completed = { kind: 'completed', answer } as const;

async function allEvents(store: JobStore, id: string, afterId?: string): Promise<JobStreamEvent[]> {
  const events: JobStreamEvent[] = [];
  const range = { signal: never, ...(afterId === undefined ? {} : { afterId }) };
  for await (const event of store.streamEvents(id, range)) events.push(event);
  return events;
}

function textOf(events: JobStreamEvent[]): string {
  return events.map((event) => (event.type === 'text' ? event.text : '')).join('');
}

/** A job, and a consumer that answers it as `handle` says. */
async function answeredBy(handle: (attempt: JobAttempt) => Promise<typeof completed>) {
  const connection = bench.newConnection();
  const store = await bench.store(connection);
  const record = newRecord();
  await store.createJob({ record, priority: 'normal' });
  await bench.consumer(connection, { handle });
  return { connection, store, id: record.id };
}

describe('streamEvents', () => {
  it('brings all text in order and ends with the final status', async () => {
    const pieces = Array.from({ length: 300 }, (_value, index) => `${index} `);
    const { store, id } = await answeredBy(async (attempt) => {
      for (const piece of pieces) void attempt.publishText(piece);
      return completed;
    });
    const events = await allEvents(store, id);
    expect(textOf(events)).toBe(pieces.join(''));
    expect(events.at(-1)).toMatchObject({ type: 'final', status: 'completed' });
    expect(events.filter(({ type }) => type === 'final')).toHaveLength(1);
    // Joined where Redis was slower than the handler.
    expect(events.length).toBeLessThan(pieces.length);
  });

  it('brings text while the job runs', async () => {
    const proceed = deferred();
    const { store, id } = await answeredBy(async (attempt) => {
      await attempt.publishText('early');
      await proceed.promise;
      return completed;
    });
    const seen: JobStreamEvent[] = [];
    for await (const event of store.streamEvents(id, { signal: never })) {
      seen.push(event);
      if (event.type === 'text') proceed.resolve();
    }
    expect(seen).toMatchObject([{ text: 'early' }, { type: 'final' }]);
  });

  it('goes on after the event that a reader saw last', async () => {
    const { store, id } = await answeredBy(async (attempt) => {
      for (const piece of ['a', 'b', 'c']) await attempt.publishText(piece);
      return completed;
    });
    const events = await allEvents(store, id);
    expect(textOf(events)).toBe('abc');
    const rest = await allEvents(store, id, events[0]?.id);
    expect(rest).toEqual(events.slice(1));
    expect(await allEvents(store, id, 'not an id')).toEqual(events);
  });

  it('tells readers to forget the text of an attempt that failed', async () => {
    const { store, id } = await answeredBy(async (attempt) => {
      await attempt.publishText(`attempt ${attempt.record.attempts}`);
      if (attempt.record.attempts === 1) throw new Error(transientError.message);
      return completed;
    });
    expect(await allEvents(store, id)).toMatchObject([
      { type: 'text', text: 'attempt 1' },
      { type: 'restart' },
      { type: 'text', text: 'attempt 2' },
      { type: 'final', status: 'completed' },
    ]);
  });

  it('still ends with the final status when the stream has expired, and with a growing id', async () => {
    const { connection, store, id } = await answeredBy(async () => completed);
    const [last] = await allEvents(store, id);
    await bench.client().del(`{${connection.prefix}}:job-events:${id}`);
    const [final, ...others] = await allEvents(store, id, last?.id);
    expect(others).toEqual([]);
    expect(final).toMatchObject({ type: 'final', status: 'completed' });
    const [milliseconds, sequence] = (last?.id ?? '').split('-');
    expect(final?.id).toBe(`${milliseconds}-${Number(sequence) + 1}`);
    expect(await allEvents(store, id)).toMatchObject([{ type: 'final' }]);
  });

  it('ends for a job that does not exist, and when the reader leaves', async () => {
    const store = await bench.store(bench.newConnection());
    expect(await allEvents(store, 'job_0')).toEqual([]);
    const record = newRecord();
    await store.createJob({ record, priority: 'normal' });
    const leaving = new AbortController();
    const events = store.streamEvents(record.id, { signal: leaving.signal })[Symbol.asyncIterator]();
    const next = events.next();
    leaving.abort();
    expect(await next).toMatchObject({ done: true });
  });

  it('keeps the stream for a limited time', async () => {
    const { connection, store, id } = await answeredBy(async (attempt) => {
      await attempt.publishText('A cat.');
      return completed;
    });
    await allEvents(store, id);
    const ttl = await bench.client().ttl(`{${connection.prefix}}:job-events:${id}`);
    expect(ttl).toBeGreaterThan(3_500);
    expect(ttl).toBeLessThanOrEqual(3_600);
  });
});

describe('waitForFinal', () => {
  it('returns the job as it is when the time is over or the caller leaves', async () => {
    const store = await bench.store(bench.newConnection());
    const record = newRecord();
    await store.createJob({ record, priority: 'normal' });
    expect(await store.waitForFinal(record.id, { timeoutMs: 1 })).toEqual(record);
    const leaving = new AbortController();
    const waiting = store.waitForFinal(record.id, { timeoutMs: 60_000, signal: leaving.signal });
    leaving.abort();
    expect(await waiting).toEqual(record);
  });

  it('sees a job end that another process ends, many waiters over one connection', async () => {
    const connection = bench.newConnection();
    const [store, other] = [await bench.store(connection), await bench.store(connection)];
    const record = newRecord();
    await store.createJob({ record, priority: 'normal' });
    const before = await clientCount();
    const waiting = Array.from({ length: 50 }, () => store.waitForFinal(record.id, { timeoutMs: 20_000 }));
    await other.requestCancel(record.id);
    const records = await Promise.all(waiting);
    expect(records.every((seen) => seen?.status === 'cancelled')).toBe(true);
    expect(await clientCount()).toBe(before);
  });
});

async function clientCount(): Promise<number> {
  countingClient ??= bench.client();
  return String(await countingClient.client('LIST'))
    .trim()
    .split('\n').length;
}
let countingClient: ReturnType<QueueBench['client']> | undefined;
