import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { BatchBench, type BatchSystem, inputLine, inputLines, MODEL_ID } from './batch-bench.js';

let bench: BatchBench;
beforeAll(async () => {
  bench = await BatchBench.start();
});
afterEach(() => bench.closeAll());
afterAll(() => bench.stop());

interface Message {
  diedBeside?: number;
  answered?: string;
}

/** Runs the stand-in worker, and a new one whenever it has died. */
function keepWorker({ parts }: BatchSystem, rowMs: number, onMessage: (message: Message) => void) {
  const script = fileURLToPath(new URL('./stand-in-worker.mjs', import.meta.url));
  const { url, prefix } = parts.connection;
  let isStopping = false;
  let worker: ChildProcess;
  const start = (): void => {
    // As built, not from the sources that vitest runs.
    worker = fork(script, [url, prefix, MODEL_ID, parts.storeDirectory, String(rowMs)], { execArgv: [] });
    worker.on('message', onMessage);
    worker.once('exit', () => {
      if (!isStopping) start();
    });
  };
  start();
  return {
    kill: () => worker.kill('SIGKILL'),
    stop: async () => {
      isStopping = true;
      const exited = once(worker, 'exit');
      worker.kill('SIGKILL');
      await exited;
    },
  };
}

describe('a row that kills its worker', () => {
  it('fails alone with worker_crashed, and every neighbour is answered', async () => {
    const system = await bench.system();
    const besides: number[] = [];
    const worker = keepWorker(system, 5, ({ diedBeside }) => {
      if (diedBeside !== undefined) besides.push(diedBeside);
    });
    const lines = inputLines(20);
    lines.splice(5, 0, inputLine('poison'));
    const batch = await system.final(await system.submit(lines));
    await worker.stop();
    expect(batch).toMatchObject({ status: 'completed', total: 21, completed: 20, failed: 1 });
    expect(await system.lines(batch.errorFileId)).toMatchObject([
      { custom_id: 'poison', response: null, error: { code: 'worker_crashed' } },
    ]);
    // Twice among others, then alone.
    expect(besides).toHaveLength(3);
    expect(besides[2]).toBe(0);
  });
});

describe('a worker that is killed', () => {
  it('costs no row, and none is in the output twice', async () => {
    const system = await bench.system();
    let answeredCount = 0;
    const worker = keepWorker(system, 2, ({ answered }) => {
      if (answered === undefined) return;
      answeredCount += 1;
      if ([60, 200, 330].includes(answeredCount)) worker.kill();
    });
    const batch = await system.final(await system.submit(inputLines(400)));
    await worker.stop();
    expect(batch).toMatchObject({ status: 'completed', total: 400, completed: 400, failed: 0 });
    const ids = await system.customIds(batch);
    expect(ids).toHaveLength(400);
    expect(new Set(ids).size).toBe(400);
    // Finished rows were journaled: only those under way at a kill are answered again.
    expect(answeredCount).toBeLessThan(400 + 3 * 3 * 64);
  });
});
