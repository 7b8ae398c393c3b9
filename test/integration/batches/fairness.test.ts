import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { answered, BatchBench, type BatchSystem, inputLines } from './batch-bench.js';

let bench: BatchBench;
beforeAll(async () => {
  bench = await BatchBench.start();
});
afterEach(() => bench.closeAll());
afterAll(() => bench.stop());

/** Answers batches whose rows all wait by then, with four places. @returns whose row was answered when */
async function answerAll(system: BatchSystem, ids: readonly string[]): Promise<string[]> {
  for (const id of ids) {
    await vi.waitUntil(async () => (await system.get(id)).status === 'in_progress', { timeout: 10_000 });
  }
  const order: string[] = [];
  await system.startWorker(async ({ batchId }) => {
    await new Promise(setImmediate);
    order.push(batchId);
    return answered();
  }, 4);
  await Promise.all(ids.map((id) => system.final(id)));
  return order;
}

describe('owners', () => {
  it('with one row wait for a few rows of one with a million, and for none of its chunks', async () => {
    const system = await bench.system();
    const begun: string[] = [];
    const held: (() => void)[] = [];
    const worker = await system.startWorker(async ({ batchId }) => {
      begun.push(batchId);
      await new Promise<void>((resolve) => held.push(resolve));
      return answered();
    }, 4);
    const large = await system.submit(inputLines(1_000), { ownerId: 'large' });
    await vi.waitUntil(() => worker.activeCount === 4 && begun.length === 4, { timeout: 5_000 });
    const small = await system.submit(inputLines(1), { ownerId: 'small' });
    await vi.waitUntil(() => worker.activeCount === 5, { timeout: 5_000 });
    for (let ended = 1; !begun.includes(small); ended++) {
      held.shift()?.();
      await vi.waitUntil(() => begun.length === 4 + ended);
    }
    expect(begun.indexOf(small)).toBeLessThanOrEqual(4 + 5);
    // A chunk of the large one has 8 rows: none of the four has ended.
    expect((await system.get(large)).completed).toBe(0);
    const releasing = setInterval(() => held.splice(0).forEach((resolve) => resolve()), 1);
    expect(await system.final(small)).toMatchObject({ status: 'completed' });
    clearInterval(releasing);
  });

  it('share the workers by their weights', async () => {
    const system = await bench.system();
    const light = await system.submit(inputLines(1_500), { ownerId: 'light', weight: 1 });
    const heavy = await system.submit(inputLines(1_500), { ownerId: 'heavy', weight: 3 });
    const order = await answerAll(system, [light, heavy]);
    const lightBefore = order.slice(0, order.lastIndexOf(heavy)).filter((id) => id === light).length;
    // A third of 1,500, give or take the chunks that are open.
    expect(lightBefore).toBeGreaterThan(200);
    expect(lightBefore).toBeLessThan(900);
  });

  it('wait for no batch of another one, though their own are of low priority', async () => {
    const system = await bench.system();
    const large = await system.submit(inputLines(1_500), { ownerId: 'large' });
    const own = await system.submit(inputLines(300), { ownerId: 'other', createdAtMs: 1 });
    const low = await system.submit(inputLines(8), { ownerId: 'other', priority: 'low', createdAtMs: 0 });
    const order = await answerAll(system, [large, own, low]);
    expect(order.lastIndexOf(low)).toBeLessThan(order.lastIndexOf(large));
    const begun = order.slice(0, order.indexOf(low)).filter((id) => id === own).length;
    // Its last three chunks may still be worked on.
    expect(begun).toBeGreaterThanOrEqual(300 - 3 * 64);
  });
});
