import { contentKey } from '@tessera/files';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { BatchBench, BatchSystem, inputLines } from './batch-bench.js';

let bench: BatchBench;
let release = (): void => {};
beforeAll(async () => {
  bench = await BatchBench.start();
});
afterEach(async () => {
  release();
  await bench.closeAll();
});
afterAll(() => bench.stop());

/** A dispatcher whose readings of one file only begin once they are let go. @returns those that wait for it */
async function startHolding(system: BatchSystem, fileId: string): Promise<readonly unknown[]> {
  const { objectStore } = system.parts;
  const held: (() => void)[] = [];
  let isHolding = true;
  const open: typeof objectStore.open = async (key, options) => {
    if (isHolding && key === contentKey(fileId)) await new Promise<void>((resolve) => held.push(resolve));
    return objectStore.open(key, options);
  };
  const holding = Object.assign(Object.create(objectStore) as typeof objectStore, { open });
  release = (): void => {
    isHolding = false;
    held.splice(0).forEach((resolve) => resolve());
  };
  await new BatchSystem({ ...system.parts, objectStore: holding }).startDispatcher();
  return held;
}

describe('a dispatcher', () => {
  it('reads a few inputs at a time, and those of other owners, and ends batches, meanwhile', async () => {
    const system = await bench.system({ withoutDispatcher: true });
    const first = await system.submit(inputLines(3), { ownerId: 'many' });
    const { inputFileId } = await system.get(first);
    const others = await Promise.all(
      Array.from({ length: 20 }, () => system.submitFile(inputFileId, { ownerId: 'many' })),
    );
    const held = await startHolding(system, inputFileId);
    await vi.waitUntil(() => held.length === 3, { timeout: 5_000 });

    const single = await system.submit(inputLines(2), { ownerId: 'single' });
    await vi.waitUntil(async () => (await system.get(single)).status === 'in_progress', { timeout: 5_000 });
    const [cancelled = expect.fail()] = others.slice(-1);
    await system.parts.batches.cancelBatch(cancelled);
    expect(await system.final(cancelled)).toMatchObject({ status: 'cancelled' });
    expect(held).toHaveLength(3);

    release();
    for (const id of [first, ...others.slice(0, -1)]) {
      await vi.waitUntil(async () => (await system.get(id)).status === 'in_progress', { timeout: 10_000 });
    }
  });
});
