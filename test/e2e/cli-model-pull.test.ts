import { once } from 'node:events';
import { watch } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { findRepositoryRoot, temporaryDirectory, type TemporaryDirectory } from '@tessera/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type HubFile, type ModelHub, startModelHub } from '../model-hub/model-hub.js';
import { runCli, startCli } from './run-cli.js';

const GOLDEN = join(findRepositoryRoot(), 'test/golden/mini-internvl-chat-4b-v1-5/checkpoint');
const MODEL = 'OpenGVLab/Mini-InternVL-Chat-4B-V1-5';
const TOKEN = 'hf_onlyfortests';

let hub: ModelHub;
let home: TemporaryDirectory;
let published: Record<string, HubFile>;
beforeEach(async () => {
  [hub, home, published] = await Promise.all([startModelHub(), temporaryDirectory(), goldenCheckpoint()]);
});
afterEach(async () => {
  await hub.stop();
  await home.remove();
});

async function goldenCheckpoint(): Promise<Record<string, HubFile>> {
  const names = await readdir(GOLDEN);
  const files = names.map(async (name): Promise<[string, HubFile]> => [
    name,
    { content: await readFile(join(GOLDEN, name)), lfs: /\.(safetensors|model)$/.test(name) },
  ]);
  return Object.fromEntries(await Promise.all(files));
}

const environment = () => ({
  HF_ENDPOINT: hub.endpoint,
  TESSERA_DATA_DIR: home.path,
  // Whatever proxy the machine has, it does not lead to a server on loopback.
  NO_PROXY: '127.0.0.1',
});
const pull = (words: string[], more: Record<string, string> = {}) =>
  runCli(['model', 'pull', ...words], { environment: { ...environment(), ...more } });
const directory = () => join(home.path, 'checkpoints', MODEL);

/** Settles when a file of the folder has so many bytes. */
async function grownTo(bytes: number, folder: string, name: string): Promise<void> {
  const file = join(folder, name);
  // Watching begins before the first look, so that no growth is missed.
  const watcher = watch(folder);
  try {
    while ((await stat(file)).size < bytes) await once(watcher, 'change');
  } finally {
    watcher.close();
  }
}

describe('tessera model pull', () => {
  it('downloads a checkpoint that converts, and says where it is and what to do with it', async () => {
    const commit = hub.publish(MODEL, { ...published, 'modeling_phi3.py': { content: Buffer.from('pass') } });
    hub.token = TOKEN;
    const { exitCode, stdout, stderr } = await pull([MODEL], { HF_TOKEN: TOKEN });
    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout: `${directory()}: ${MODEL}, commit ${commit.slice(0, 12)}, 7 files, 1.6 MB, 7 downloaded\n`,
    });
    expect(stderr).toContain(`TESSERA_MODEL=${directory()} TESSERA_PRECISION=int8 npm start`);
    expect(stderr).not.toContain(TOKEN);
    expect((await readdir(directory())).sort()).toEqual([
      '.tessera-source.json',
      ...Object.keys(published).sort(),
    ]);
    const converted = join(home.path, 'converted');
    const conversion = await runCli(['model', 'convert', directory(), '-o', converted]);
    expect(conversion).toMatchObject({ exitCode: 0 });
    const again = await pull([MODEL, '--token', TOKEN]);
    expect(again.stdout).toContain('all there already');
  });

  it.each([
    ['Ctrl-C', 'SIGINT', 130, 'What has arrived stays in'],
    ['a kill', 'SIGKILL', null, ''],
  ] as const)('goes on where %s ended it', async (_, signal, exitCode, message) => {
    hub.publish(MODEL, published);
    const output = join(home.path, 'here');
    hub.plan('model.safetensors', { kind: 'stall', afterBytes: 700_000 });
    const words = ['model', 'pull', MODEL, '-o', output];
    const running = startCli(words, { environment: environment() });
    await once(hub.served, 'model.safetensors');
    await grownTo(500_000, output, 'model.safetensors.partial');
    running.process.kill(signal);
    const ended = await running.ended;
    expect(ended.exitCode).toBe(exitCode);
    expect(ended.stderr).toContain(message);
    hub.requests.length = 0;
    expect(await pull([MODEL, '-o', output])).toMatchObject({ exitCode: 0 });
    const [request] = hub.downloadsOf('model.safetensors');
    expect(request?.headers.range).toMatch(/^bytes=[5-7]\d{5}-$/);
    const weights = await readFile(join(output, 'model.safetensors'));
    expect(weights.equals(published['model.safetensors']?.content ?? Buffer.of())).toBe(true);
  });

  it('keeps what has arrived when the file cannot grow, and names it', async () => {
    hub.publish(MODEL, published);
    const wrapper = ['bash', '-c', 'trap "" XFSZ; ulimit -f 800; exec "$@"', '-'];
    const { exitCode, stderr } = await runCli(['model', 'pull', MODEL], {
      environment: environment(),
      wrapper,
    });
    expect(exitCode).toBe(1);
    expect(stderr).toContain('model.safetensors cannot be written: the system allows no file of this size');
    expect((await stat(join(directory(), 'model.safetensors.partial'))).size).toBe(800 * 1024);
    expect(await pull([MODEL])).toMatchObject({ exitCode: 0 });
  });

  it.each([
    [
      'a model that the hub does not have',
      ['OpenGVLab/No-Such-Model'],
      'has no model OpenGVLab/No-Such-Model',
    ],
    ['what is no name of a model', ['../../etc'], 'the model must be OWNER/NAME'],
    ['a revision that is not there', [MODEL, '--revision', 'v9'], 'no branch, tag or commit v9'],
  ])('refuses %s in one line', async (_, words, message) => {
    hub.publish(MODEL, published);
    const { exitCode, stdout, stderr } = await pull(words);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(await readdir(home.path)).toEqual([]);
  });
});
