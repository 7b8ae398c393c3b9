import { partsPrefix, sweepParts } from '@tessera/batches';
import { type BatchLedger, openBatchLedger } from '@tessera/queue';
import { type ObjectStore } from '@tessera/storage';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { answered, BatchBench, type BatchSystem, inputLines, logger } from './batch-bench.js';

const HOUR_MS = 3_600_000;

let bench: BatchBench;
let system: BatchSystem;
let ledger: BatchLedger;
beforeAll(async () => {
  bench = await BatchBench.start();
});
beforeEach(async () => {
  system = await bench.system();
  ledger = await openBatchLedger({ connection: system.parts.connection, retentionSeconds: 60, logger });
});
afterEach(async () => {
  await ledger.close();
  await bench.closeAll();
});
afterAll(() => bench.stop());

async function partsOf(objectStore: ObjectStore, id: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of objectStore.list(partsPrefix(id))) keys.push(key);
  return keys;
}

/** A batch that has ended, and a part file that came too late. */
async function endedBatch(): Promise<string> {
  const { objectStore } = system.parts;
  await system.startWorker(async () => answered());
  const id = await system.submit(inputLines(20));
  await system.final(id);
  await vi.waitUntil(async () => (await partsOf(objectStore, id)).length === 0);
  await objectStore.put(`${partsPrefix(id)}00000000-late.output.jsonl`, Buffer.from('{}\n'));
  return id;
}

describe('part files of a batch that has ended', () => {
  it('go, also those that a dead dispatcher left or a late worker wrote', async () => {
    const id = await endedBatch();
    await sweepParts(0, { ledger, objectStore: system.parts.objectStore, logger });
    expect(await partsOf(system.parts.objectStore, id)).toEqual([]);
    expect(await ledger.batchesWithParts(0, 10)).toEqual([]);
  });

  it('are looked for only when no worker can write one any more', async () => {
    const id = await endedBatch();
    await sweepParts(HOUR_MS, { ledger, objectStore: system.parts.objectStore, logger });
    expect(await partsOf(system.parts.objectStore, id)).toHaveLength(1);
    expect(await ledger.batchesWithParts(0, 10)).toEqual([id]);
  });

  it('are looked for again while the store is away', async () => {
    const id = await endedBatch();
    const away = { deletePrefix: () => Promise.reject(new Error('away')) };
    await expect(sweepParts(0, { ledger, objectStore: away, logger })).rejects.toThrow('away');
    expect(await ledger.batchesWithParts(0, 10)).toEqual([id]);
  });
});
