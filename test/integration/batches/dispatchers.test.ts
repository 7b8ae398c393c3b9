import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { answered, BatchBench, type BatchSystem, inputLines } from './batch-bench.js';

/** Of the one that is killed. */
const LEASE_MS = 800;
const script = fileURLToPath(new URL('./stand-in-dispatcher.mjs', import.meta.url));

let bench: BatchBench;
beforeAll(async () => {
  bench = await BatchBench.start();
});
afterEach(() => bench.closeAll());
afterAll(() => bench.stop());

/** A dispatcher that dies when it has cut chunks of the batch, before any worker is there. */
async function killedDispatcher({ parts, get }: Pick<BatchSystem, 'parts' | 'get'>, id: string) {
  const { url, prefix } = parts.connection;
  // As built, not from the sources that vitest runs.
  const dispatcher = fork(script, [url, prefix, parts.storeDirectory, String(LEASE_MS)], { execArgv: [] });
  await vi.waitUntil(async () => (await get(id)).openChunks === 2, { timeout: 20_000 });
  const exited = once(dispatcher, 'exit');
  dispatcher.kill('SIGKILL');
  await exited;
}

describe('a dispatcher', () => {
  it('that is killed is replaced by another one when its lease has run out', async () => {
    const system = await bench.system({ withoutDispatcher: true });
    const id = await system.submit(inputLines(100));
    await killedDispatcher({ parts: system.parts, get: (batchId) => system.get(batchId) }, id);
    await system.startDispatcher();
    await system.startWorker(async () => answered());
    expect(await system.final(id)).toMatchObject({ status: 'completed', completed: 100 });
  });

  it('that stops lets another one take over at once', async () => {
    const system = await bench.system({ withoutDispatcher: true });
    const stop = await system.startDispatcher();
    const id = await system.submit(inputLines(100));
    await vi.waitUntil(async () => (await system.get(id)).openChunks > 0);
    await stop();
    const stoppedAt = performance.now();
    await system.startDispatcher();
    await system.startWorker(async () => answered());
    await system.final(id);
    // A lease that was kept would have had more than three seconds left.
    expect(performance.now() - stoppedAt).toBeLessThan(3_000);
  });
});
