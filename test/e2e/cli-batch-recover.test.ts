import { freeLoopbackPort, uniquePrefix } from '@tessera/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answered, BatchBench, inputLines } from '../integration/batches/batch-bench.js';
import { runCli } from './run-cli.js';

let bench: BatchBench;
beforeAll(async () => {
  bench = await BatchBench.start();
});
afterAll(async () => {
  await bench.closeAll();
  await bench.stop();
});

describe('tessera batch recover', () => {
  it('tells an empty Redis of the files and batches of the object store', async () => {
    const system = await bench.system();
    await system.startWorker(async () => answered());
    const id = await system.submit(inputLines(5));
    await system.final(id);
    const { connection, storeDirectory } = system.parts;
    const environment = {
      REDIS_URL: connection.url,
      TESSERA_QUEUE_PREFIX: uniquePrefix('recovered'),
      TESSERA_STORE: storeDirectory,
    };
    const recovered = await runCli(['batch', 'recover'], { environment });
    expect(recovered).toMatchObject({ exitCode: 0, stdout: `${id} ended, 5 rows done\n` });
    // The input and the output.
    expect(recovered.stderr).toContain('files listed again: 2\n');
    expect((await runCli(['batch', 'recover'], { environment })).stdout).toBe(`${id} known, 5 rows done\n`);
  });

  it('says which Redis is missing, and nothing of its password', async () => {
    const { storeDirectory } = (await bench.system()).parts;
    const port = await freeLoopbackPort();
    const REDIS_URL = `redis://:secret@127.0.0.1:${port}`;
    const failed = await runCli(['batch', 'recover'], {
      environment: { REDIS_URL, TESSERA_STORE: storeDirectory },
    });
    expect(failed).toMatchObject({ exitCode: 1, stdout: '' });
    expect(failed.stderr).toContain('the Redis of REDIS_URL cannot be reached');
    expect(failed.stderr).not.toContain('secret');
  });
});
