import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryDirectory, type TemporaryDirectory } from '@tessera/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runProbe } from '../../../apps/cli/src/doctor/run-probe.js';

const LONG_MS = 30_000;
let folder: TemporaryDirectory;

beforeAll(async () => {
  folder = await temporaryDirectory();
});
afterAll(() => folder.remove());

async function script(name: string, text: string): Promise<string> {
  const file = join(folder.path, `${name}.mjs`);
  await writeFile(file, text);
  return file;
}

it('survives a driver that crashes, and says how', async () => {
  const crashing = await script(
    'crashing',
    "process.kill(process.pid, 'SIGSEGV'); setInterval(() => {}, 1000);",
  );
  expect(await runProbe('webgpu', crashing, LONG_MS)).toEqual({
    kind: 'died',
    reason: 'the process that tried it ended with SIGSEGV',
  });
});

it('says what a process that failed said', async () => {
  const failing = await script('failing', "throw new TypeError('no such library');");
  expect(await runProbe('cpu', failing, LONG_MS)).toEqual({
    kind: 'died',
    reason: 'the process that tried it ended with exit code 1: TypeError: no such library',
  });
});

it('ends a driver that hangs', async () => {
  const hanging = await script('hanging', 'setInterval(() => {}, 1000);');
  expect(await runProbe('cuda', hanging, 300)).toEqual({ kind: 'died', reason: 'no answer in 0.3 s' });
});
