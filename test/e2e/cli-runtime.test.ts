import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CUDA_BUILDS } from '@tessera/ort-runtime';
import { temporaryDirectory, type TemporaryDirectory } from '@tessera/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LocalPackageIndex } from '../package-index/package-index.js';
import { runCli } from './run-cli.js';

const build = CUDA_BUILDS.find(
  ({ platform, arch }) => platform === process.platform && arch === process.arch,
);

let home: TemporaryDirectory;
let index: LocalPackageIndex;
beforeAll(async () => {
  home = await temporaryDirectory();
  index = await new LocalPackageIndex().start();
});
afterAll(async () => {
  await index.stop();
  await home.remove();
});

const runtime = (...words: string[]) =>
  runCli(['runtime', ...words], { environment: { TESSERA_DATA_DIR: join(home.path, 'data') } });

describe.runIf(build !== undefined)('tessera runtime', () => {
  it('says that nothing is installed, where it would be and how to install it', async () => {
    const { exitCode, stdout } = await runtime('status');
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`ONNX Runtime ${build?.version} for CUDA`);
    expect(stdout).toContain(join(home.path, 'data/runtime/onnxruntime-'));
    expect(stdout).toMatch(/not installed .* npx tessera runtime install cuda\n$/);
  });

  it('asks the index that it is told of, says the sizes first, and names what that index does not offer', async () => {
    const { exitCode, stderr } = await runtime('install', 'cuda', '--index-url', index.url);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /6 wheels, 1\.\d GB to download, 1\.\d GB to keep in .*; [23]\.\d GB must be free/,
    );
    expect(stderr).toContain(
      `tessera: ${index.url}/onnxruntime-gpu/ does not offer ${build?.wheels[0]?.fileName}`,
    );
    expect(stderr).toContain('it has no onnxruntime-gpu');
  });

  it('lists what a folder lacks', async () => {
    const folder = join(home.path, 'wheels');
    await mkdir(folder);
    const { exitCode, stderr } = await runtime('install', 'cuda', '--from', folder);
    expect(exitCode).toBe(1);
    for (const { fileName } of build?.wheels ?? []) expect(stderr).toContain(fileName);
  });

  it('unpacks nothing of a wheel that is not the pinned one', async () => {
    const folder = join(home.path, 'damaged');
    await mkdir(folder);
    for (const { fileName } of build?.wheels ?? []) await writeFile(join(folder, fileName), 'no wheel');
    const { exitCode, stderr } = await runtime('install', 'cuda', '--from', folder);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/is not the wheel that is pinned: expected sha256:[0-9a-f]{64}, given sha256:/);
    expect((await runtime('status')).stdout).toContain('not installed');
  });

  it.each([
    ['another device', ['install', 'rocm'], 'Allowed choices are cuda'],
    [
      'two sources',
      ['install', 'cuda', '--from', '.', '--index-url', 'http://127.0.0.1/'],
      'cannot be used with',
    ],
  ])('refuses %s as a wrong argument', async (_, words, message) => {
    const { exitCode, stderr } = await runtime(...words);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
  });

  it('refuses an index address with a password in it, without repeating it', async () => {
    const { exitCode, stderr } = await runtime(
      'install',
      'cuda',
      '--index-url',
      'https://me:hunter2@127.0.0.1/simple',
    );
    expect(exitCode).toBe(1);
    expect(stderr).toContain('--index-url must not hold a name or password');
    expect(stderr).not.toContain('hunter2');
  });
});
