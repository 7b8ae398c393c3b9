import { type AnswerRow } from '@tessera/contracts';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  answered,
  BatchBench,
  type BatchSystem,
  inputLines,
  newBatch,
  NOTHING_DONE,
  OWNER_ID,
} from '../batches/batch-bench.js';

const DAY_MS = 86_400_000;

let bench: BatchBench;
let redis: Redis | undefined;
beforeAll(async () => {
  bench = await BatchBench.start();
});
afterEach(async () => {
  redis?.disconnect();
  redis = undefined;
  await bench.closeAll();
});
afterAll(() => bench.stop());

const atOnce: AnswerRow = async () => answered();

/** The tokens of the owner's day, and of the next one should it be midnight just now. */
async function setTokens({ parts }: BatchSystem, used: number): Promise<void> {
  const { url, prefix } = parts.connection;
  redis ??= new Redis(url);
  const day = Math.floor(Date.now() / DAY_MS);
  for (const each of [day, day + 1]) await redis.set(`{${prefix}}:tokens:${each}:${OWNER_ID}`, used);
}

async function tokensToday({ parts }: BatchSystem): Promise<number> {
  const { url, prefix } = parts.connection;
  const client = (redis ??= new Redis(url));
  const keys = await client.keys(`{${prefix}}:tokens:*:${OWNER_ID}`);
  const used = await Promise.all(keys.map((key) => client.get(key)));
  return used.reduce((sum, each) => sum + Number(each), 0);
}

const loadOf = ({ parts }: BatchSystem, ownerId = OWNER_ID) => parts.batches.loadOf(ownerId);
const queuedRows = async (system: BatchSystem): Promise<number> => (await loadOf(system)).queuedRows;

describe('open batches', () => {
  it('are no more than an owner may have, however many come at the same time', async () => {
    const system = await bench.system({ withoutDispatcher: true });
    const make = (index: number, ownerId = OWNER_ID) =>
      system.parts.batches.createBatch(newBatch({ id: `batch_${index}`, ownerId }), { openBatches: 3 });
    const outcomes = await Promise.all(Array.from({ length: 10 }, (_, index) => make(index)));
    expect(outcomes.filter(({ kind }) => kind === 'kept')).toHaveLength(3);
    expect(outcomes.at(-1)).toEqual({ kind: 'too_many_open', openBatches: 3 });
    expect(await loadOf(system)).toEqual({ openBatches: 3, queuedRows: 0 });
    expect(await make(0)).toMatchObject({ kind: 'kept', record: { id: 'batch_0' } });
    expect(await make(20, 'key_2')).toMatchObject({ kind: 'kept' });
    await system.parts.batches.cancelBatch('batch_1');
    await system.startDispatcher();
    await system.final('batch_1');
    expect(await make(21)).toMatchObject({ kind: 'kept' });
  });

  it('are counted again where batches were found in the store', async () => {
    const system = await bench.system({ withoutDispatcher: true });
    const { batches } = system.parts;
    const record = { ...newBatch({ id: 'batch_1' }), ...NOTHING_DONE };
    await batches.restoreBatch({ record, parts: [], openChunks: [], nextChunk: 0 });
    expect(await loadOf(system)).toEqual({ openBatches: 1, queuedRows: 0 });
    await batches.restoreBatch({
      ...{
        record: { ...record, id: 'batch_2', status: 'completed' },
        parts: [],
        openChunks: [],
        nextChunk: 0,
      },
    });
    expect(await loadOf(system)).toEqual({ openBatches: 1, queuedRows: 0 });
  });
});

describe('queued rows', () => {
  it('fail a batch that would have more than are left, with what there is and may be', async () => {
    const system = await bench.system();
    const maxQueuedRows = 25;
    const first = await system.submit(inputLines(20), { maxQueuedRows });
    await expect.poll(() => queuedRows(system)).toBe(20);
    const refused = await system.final(await system.submit(inputLines(6), { maxQueuedRows }));
    expect(refused).toMatchObject({ status: 'failed', total: 0 });
    expect(refused.errors).toEqual([
      {
        code: 'queued_rows_exceeded',
        message: 'at most 25 rows of batches may be waiting or running, 20 are now, and this batch has 6',
        param: null,
        line: null,
      },
    ]);
    const other = await system.submit(inputLines(6), { maxQueuedRows, ownerId: 'key_2' });
    await expect.poll(async () => (await system.get(other)).status).toBe('in_progress');
    const fits = await system.submit(inputLines(5), { maxQueuedRows });
    await expect.poll(() => queuedRows(system)).toBe(25);
    expect((await system.get(fits)).status).toBe('in_progress');
    expect((await system.get(first)).status).toBe('in_progress');
  });

  it('are fewer as rows are done, and none of what is cancelled', async () => {
    const system = await bench.system();
    const cancelled = await system.submit(inputLines(30));
    await expect.poll(() => queuedRows(system)).toBe(30);
    await system.parts.batches.cancelBatch(cancelled);
    expect(await queuedRows(system)).toBe(0);
    await system.startWorker(atOnce);
    await system.final(await system.submit(inputLines(10)));
    expect(await queuedRows(system)).toBe(0);
  });
});

describe('tokens a day', () => {
  it('are those of every row of a batch', async () => {
    const system = await bench.system();
    await system.startWorker(atOnce);
    await system.final(await system.submit(inputLines(150)));
    expect(await tokensToday(system)).toBe(150 * 13);
  });

  it('let a batch wait while none are left, and others go on', async () => {
    const system = await bench.system({ withoutDispatcher: true });
    await setTokens(system, 100);
    const begun: string[] = [];
    await system.startWorker(async ({ customId }) => {
      begun.push(customId);
      return answered();
    });
    const waiting = await system.submit(inputLines(10), { maxTokensPerDay: 100 });
    await system.startDispatcher();
    // A pass that feeds the other batch has passed this one over.
    await expect.poll(async () => (await system.get(waiting)).status).toBe('in_progress');
    const others = await system.submit(inputLines(5), { ownerId: 'key_2', maxTokensPerDay: 100 });
    await system.final(others);
    expect(begun).toHaveLength(5);
    expect(await system.get(waiting)).toMatchObject({ status: 'in_progress', nextRow: 0, openChunks: 0 });
    await setTokens(system, 99);
    expect(await system.final(waiting)).toMatchObject({ status: 'completed', completed: 10 });
  });
});
