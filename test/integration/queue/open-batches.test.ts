import { type BatchRecord } from '@tessera/contracts';
import { type BatchLedger, openBatchLedger } from '@tessera/queue';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { BatchBench, type BatchSystem, logger, newBatch, NOTHING_DONE } from '../batches/batch-bench.js';

let bench: BatchBench;
let system: BatchSystem;
let ledger: BatchLedger;
let redis: Redis;

beforeAll(async () => {
  bench = await BatchBench.start();
});
afterEach(async () => {
  await ledger.close();
  redis.disconnect();
  await bench.closeAll();
});
afterAll(() => bench.stop());

/** Batches that run, and a dispatcher's end of them that has read them all. */
async function openRunning(count: number): Promise<BatchRecord[]> {
  system = await bench.system({ withoutDispatcher: true });
  const { connection, batches } = system.parts;
  redis = new Redis(connection.url);
  const records = Array.from({ length: count }, (_, index): BatchRecord => ({
    ...newBatch({ id: `batch_${index}`, createdAtMs: index + 1 }),
    ...NOTHING_DONE,
    ...{ status: 'in_progress', model: 'tiny', inputKey: 'input', total: 10, inputBytes: 100 },
  }));
  const restored = { parts: [], openChunks: [], nextChunk: 0 };
  await Promise.all(records.map((record) => batches.restoreBatch({ record, ...restored })));
  ledger = await openBatchLedger({ connection, retentionSeconds: 60, logger });
  return ledger.openBatches();
}

/** Records of batches read since the server was started. */
async function readCount(): Promise<number> {
  const statistics = await redis.info('commandstats');
  return Number(/cmdstat_hgetall:calls=(\d+)/.exec(statistics)?.[1] ?? 0);
}

/** Until the news has come. */
const news = () => ledger.waitForNews(10_000, new AbortController().signal);

describe('open batches', () => {
  it('are read again only where something has happened to them', async () => {
    const before = await openRunning(200);
    expect(before.map(({ id }) => id)).toEqual(before.map((_, index) => `batch_${index}`));
    const readBefore = await readCount();
    for (let pass = 0; pass < 5; pass++) await ledger.openBatches();
    expect(await readCount()).toBe(readBefore);

    await system.parts.batches.cancelBatch('batch_7');
    await news();
    const after = await ledger.openBatches();
    // The script that cancels it has read it as well.
    expect(await readCount()).toBeLessThanOrEqual(readBefore + 2);
    expect(after[7]).toMatchObject({ id: 'batch_7', status: 'cancelling' });
    expect(after.filter((record, index) => record !== before[index])).toEqual([after[7]]);
  });

  it('come and go in the order of their making', async () => {
    await openRunning(3);
    await system.parts.batches.createBatch(newBatch({ id: 'batch_early', createdAtMs: 0 }));
    await news();
    const ids = async () => (await ledger.openBatches()).map(({ id }) => id);
    expect(await ids()).toEqual(['batch_early', 'batch_0', 'batch_1', 'batch_2']);
    await ledger.fail('batch_1', []);
    expect(await ids()).toEqual(['batch_early', 'batch_0', 'batch_2']);
  });

  it('show what this process does to them though no news has come', async () => {
    await openRunning(2);
    const range = { fromRow: 0, toRow: 4, fromByte: 0, toByte: 40 };
    await ledger.cut({ id: 'batch_1', model: 'tiny' }, range);
    expect((await ledger.openBatches())[1]).toMatchObject({ nextRow: 4, openChunks: 1 });
  });
});
