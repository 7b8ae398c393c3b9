import { recoverBatches, type RecoveredBatch, writeCancel } from '@tessera/batches';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { answered, BatchBench, type BatchSystem, inputLine, inputLines, logger } from './batch-bench.js';

let bench: BatchBench;
beforeAll(async () => {
  bench = await BatchBench.start();
});
afterEach(() => bench.closeAll());
afterAll(() => bench.stop());

async function recover({ parts }: BatchSystem): Promise<RecoveredBatch[]> {
  const recovered: RecoveredBatch[] = [];
  for await (const batch of recoverBatches(parts.objectStore, parts.batches, logger)) recovered.push(batch);
  return recovered;
}

/** Rejects once the worker gives its rows up. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

describe('a batch whose Redis was lost', () => {
  it('goes on without the rows whose chunks were committed', async () => {
    const old = await bench.system();
    let answeredCount = 0;
    const worker = await old.startWorker(async (_row, { signal }) => {
      answeredCount += 1;
      // Whatever comes later is lost with Redis.
      if (answeredCount > 100) await aborted(signal);
      return answered();
    }, 8);
    const id = await old.submit(inputLines(300));
    await vi.waitUntil(async () => (await old.get(id)).completed >= 16, { timeout: 10_000 });
    await worker.drain(0);
    const { completed } = await old.get(id);

    const system = await bench.systemOver(old);
    expect(await recover(system)).toEqual([{ id, outcome: 'resumed', rowsDone: completed }]);
    const again = new Map<string, number>();
    await system.startWorker(async ({ customId }) => {
      again.set(customId, (again.get(customId) ?? 0) + 1);
      return answered();
    });
    const batch = await system.final(id);
    expect(batch).toMatchObject({ status: 'completed', total: 300, completed: 300, failed: 0 });
    expect((await system.customIds(batch)).length).toBe(300);
    expect(new Set(await system.customIds(batch)).size).toBe(300);
    expect(again.size).toBe(300 - completed);
  });

  it('is still cancelled, and its rows do not run again', async () => {
    const old = await bench.system({ withoutDispatcher: true });
    const stop = await old.startDispatcher();
    let answeredCount = 0;
    const worker = await old.startWorker(async (_row, { signal }) => {
      answeredCount += 1;
      if (answeredCount > 10) await aborted(signal);
      return answered();
    }, 8);
    const id = await old.submit(inputLines(300));
    await vi.waitUntil(async () => (await old.get(id)).completed > 0);
    await stop();
    await old.parts.batches.cancelBatch(id);
    // As the API does, before it acknowledges it.
    await writeCancel(old.parts.objectStore, id, Date.now());
    await worker.drain(0);
    const { completed } = await old.get(id);

    const system = await bench.systemOver(old);
    expect(await recover(system)).toEqual([{ id, outcome: 'resumed', rowsDone: completed }]);
    const batch = await system.final(id);
    expect(batch).toMatchObject({ status: 'cancelled', total: 300, completed, failed: 0 });
    expect(await system.lines(batch.outputFileId)).toHaveLength(completed);
    expect(await system.lines(batch.errorFileId)).toHaveLength(300 - completed);
  });

  it('can be looked at again when it had ended, and Redis is told only once', async () => {
    const old = await bench.system();
    await old.startWorker(async () => answered());
    const id = await old.submit(inputLines(5));
    const invalid = await old.submit([inputLine('a', { method: 'GET' })]);
    const [before] = await Promise.all([old.final(id), old.final(invalid)]);
    const system = await bench.systemOver(old);
    expect((await recover(system)).map(({ outcome }) => outcome)).toEqual(['ended', 'ended']);
    expect(await system.get(id)).toMatchObject({
      ...{ status: 'completed', completed: 5, tokens: before.tokens, outputFileId: before.outputFileId },
    });
    expect(await system.get(invalid)).toMatchObject({ status: 'failed', errors: [{ param: 'method' }] });
    expect((await recover(system)).map(({ outcome }) => outcome)).toEqual(['known', 'known']);
  });
});
