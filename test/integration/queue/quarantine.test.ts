import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type JobConsumerOptions, type QueueConnection } from '@tessera/queue';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { answer, deferred, newRecord, QueueBench, servedModel, untilAborted } from './queue-bench.js';

let bench: QueueBench;
beforeAll(async () => {
  bench = await QueueBench.start();
});
afterEach(() => bench.closeAll());
afterAll(() => bench.stop());

const WAIT = { timeoutMs: 50_000 };

/** Runs the stand-in worker, and a new one whenever it has died; notes how many jobs ran beside the deadly one. */
function keepWorker({ url, prefix }: QueueConnection) {
  const script = fileURLToPath(new URL('./stand-in-worker.mjs', import.meta.url));
  const neighbourCounts: number[] = [];
  let isStopping = false;
  let worker: ChildProcess;
  const start = () => {
    worker = fork(script, [url, prefix, JSON.stringify(servedModel), JSON.stringify(answer)], {
      // As built, not from the sources that vitest runs.
      execArgv: [],
    });
    worker.on('message', ({ diedBeside }: { diedBeside: number }) => neighbourCounts.push(diedBeside));
    worker.once('exit', () => {
      if (!isStopping) start();
    });
  };
  start();
  return {
    neighbourCounts,
    stop: async () => {
      isStopping = true;
      const exited = once(worker, 'exit');
      worker.kill('SIGKILL');
      await exited;
    },
  };
}

describe('a job that kills its worker', () => {
  it('fails alone with worker_crashed, and every neighbour is answered', async () => {
    const connection = bench.newConnection();
    const store = await bench.store(connection);
    const poison = newRecord({ metadata: { poison: 'yes' } });
    const records = Array.from({ length: 21 }, (_, index) => (index === 5 ? poison : newRecord()));
    for (const record of records) await store.createJob({ record, priority: 'normal' });
    const worker = keepWorker(connection);
    const ended = await Promise.all(records.map(({ id }) => store.waitForFinal(id, WAIT)));
    await worker.stop();
    const failed = ended.filter((record) => record?.status !== 'completed');
    expect(failed).toMatchObject([{ id: poison.id, status: 'failed', error: { code: 'worker_crashed' } }]);
    // The first death was among others; after it the job was alone.
    expect(worker.neighbourCounts[0]).toBeGreaterThan(0);
    expect(worker.neighbourCounts.slice(1)).toEqual([0, 0]);
  });
});

describe('a job whose worker died', () => {
  /** A job that runs, then one that is suspected of a worker's death, both taken by one worker. */
  async function beside(handle: JobConsumerOptions['handle']) {
    const connection = bench.newConnection();
    const store = await bench.store(connection);
    const [neighbour, suspect] = [newRecord(), newRecord()];
    for (const record of [neighbour, suspect]) await store.createJob({ record, priority: 'normal' });
    await bench.client().hset(`{${connection.prefix}}:job:${suspect.id}`, { crashes: 1 });
    const consumer = await bench.consumer(connection, { handle });
    await vi.waitFor(() => expect(consumer.activeCount).toBe(2), WAIT.timeoutMs);
    return { connection, store, consumer, neighbour, suspect };
  }

  it('runs when its new worker has ended all else, and nothing begins before it has ended', async () => {
    const events: [id: string, event: 'begins' | 'ends'][] = [];
    const proceed = deferred();
    const { store, neighbour, suspect } = await beside(async ({ record: { id } }) => {
      events.push([id, 'begins']);
      await proceed.promise;
      // A turn of Redis, in which others would begin.
      await store.ping();
      events.push([id, 'ends']);
      return { kind: 'completed', answer };
    });
    const later = newRecord();
    await store.createJob({ record: later, priority: 'normal' });
    proceed.resolve();
    const records = [neighbour, suspect, later];
    await Promise.all(records.map(({ id }) => store.waitForFinal(id, WAIT)));
    expect(events).toHaveLength(6);
    const begun = events.findIndex(([id, event]) => id === suspect.id && event === 'begins');
    expect(events[begun + 1]).toEqual([suspect.id, 'ends']);
    expect(events.findIndex(([id, event]) => id === neighbour.id && event === 'ends')).toBeLessThan(begun);
  });

  it('goes back unused when that worker stops while it waits', async () => {
    const { connection, store, consumer, suspect } = await beside(({ signal }) => untilAborted(signal));
    await consumer.drain(0);
    expect(await store.getJob(suspect.id)).toMatchObject({ status: 'queued', attempts: 0 });
    await bench.consumer(connection, { handle: async () => ({ kind: 'completed', answer }) });
    expect(await store.waitForFinal(suspect.id, WAIT)).toMatchObject({ status: 'completed', attempts: 1 });
  });

  it('is cancelled at once while it waits', async () => {
    const { store, suspect } = await beside(({ signal }) => untilAborted(signal));
    expect(await store.requestCancel(suspect.id)).toBe('cancelled');
    expect(await store.getJob(suspect.id)).toMatchObject({ status: 'cancelled', attempts: 0 });
  });
});
