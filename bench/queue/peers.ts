import { type QueueConnection } from '@tessera/queue';
import { uniquePrefix } from '@tessera/testing';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import pLimit from 'p-limit';
import { answered, type BatchBench, inputLines } from '../../test/integration/batches/batch-bench.js';
import { answer, newRecord, type QueueBench } from '../../test/integration/queue/queue-bench.js';

/** Submissions under way at a time, as from the requests of many clients. */
const SUBMITTERS = 32;
/** Entries that a worker has in hand at a time: eight slots and four ahead. */
const CONCURRENCY = 12;

/** Milliseconds until all were submitted, and until all were done, both since the first was submitted. */
export interface Throughput {
  readonly submittedMs: number;
  readonly completedMs: number;
}

async function submitAll(count: number, submit: (index: number) => Promise<unknown>): Promise<void> {
  const limit = pLimit(SUBMITTERS);
  await Promise.all(Array.from({ length: count }, (_, index) => limit(() => submit(index))));
}

/** Resolves when `done` has been called so often. */
function countdown(count: number): { done: () => void; all: Promise<void> } {
  let left = count;
  let finish: () => void = () => undefined;
  const all = new Promise<void>((resolve) => (finish = resolve));
  return {
    all,
    done: () => {
      left -= 1;
      if (left === 0) finish();
    },
  };
}

/** BullMQ alone: entries with a small body, and a processor that returns at once. */
export async function rawBullmq(url: string, count: number): Promise<Throughput> {
  const producer = new Redis(url, { maxRetriesPerRequest: null });
  const consumer = new Redis(url, { maxRetriesPerRequest: null });
  const prefix = `{${uniquePrefix('raw')}}`;
  const queue = new Queue('answers', { connection: producer, prefix });
  const { done, all } = countdown(count);
  const worker = new Worker('answers', async () => answer, {
    connection: consumer,
    prefix,
    concurrency: CONCURRENCY,
  });
  worker.on('completed', done);
  await worker.waitUntilReady();
  const startedAt = performance.now();
  await submitAll(count, (index) =>
    queue.add('answer', newRecord(), { jobId: `job_${index}`, removeOnComplete: true }),
  );
  const submittedMs = performance.now() - startedAt;
  await all;
  const completedMs = performance.now() - startedAt;
  await worker.close();
  await queue.close();
  producer.disconnect();
  consumer.disconnect();
  return { submittedMs, completedMs };
}

/** Jobs as the API makes them and a worker answers them, without HTTP and without an engine. */
export async function jobs(bench: QueueBench, count: number): Promise<Throughput> {
  const connection: QueueConnection = bench.newConnection();
  // As dispatchers leave it who have found no webhook endpoints; else every job would be kept in the outbox for them.
  await bench.client().set(`{${connection.prefix}}:webhook-endpoints-known`, '1');
  const store = await bench.store(connection, { maxWaitingJobs: 10 * count });
  const { done, all } = countdown(count);
  await bench.consumer(connection, {
    concurrency: CONCURRENCY,
    handle: async () => {
      done();
      return { kind: 'completed', answer };
    },
  });
  const startedAt = performance.now();
  await submitAll(count, () => store.createJob({ record: newRecord(), priority: 'normal' }));
  const submittedMs = performance.now() - startedAt;
  await all;
  const completedMs = performance.now() - startedAt;
  await bench.closeAll();
  return { submittedMs, completedMs };
}

/** The rows of a Batch: submitted when the file is stored and the batch made, done when its output is there. */
export async function batchRows(bench: BatchBench, count: number): Promise<Throughput> {
  const system = await bench.system();
  await system.startWorker(async () => answered(), CONCURRENCY);
  const startedAt = performance.now();
  const id = await system.submit(inputLines(count));
  const submittedMs = performance.now() - startedAt;
  await system.final(id);
  const completedMs = performance.now() - startedAt;
  await bench.closeAll();
  return { submittedMs, completedMs };
}
