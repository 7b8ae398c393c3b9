import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { copyFile, mkdir, readdir, readFile, truncate, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  convertModel,
  ensureConvertedModel,
  ManifestInvalidError,
  OutputExistsError,
  readManifest,
} from '@tessera/converter';
import { findRepositoryRoot, type TemporaryDirectory, temporaryDirectory } from '@tessera/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const root = findRepositoryRoot();
const source = path.join(root, 'models', 'tessera-tiny');
/** Of the small model's language model. */
const INTERMEDIATE_SIZE = 448;

describe('conversion', () => {
  let directory: TemporaryDirectory;
  const place = (name: string): string => path.join(directory.path, name);

  beforeEach(async () => {
    directory = await temporaryDirectory('tessera-convert');
  });
  afterEach(() => directory.remove());

  it('writes a manifest that lists every file with its size and SHA-256', async () => {
    const { files } = await convertModel({ source, output: place('model') });
    const names = (await readdir(place('model'))).filter((name) => name !== 'tessera.json');
    expect(Object.keys(files).sort()).toEqual(names.sort());
    for (const [name, { bytes, sha256 }] of Object.entries(files)) {
      const content = await readFile(path.join(place('model'), name));
      expect([name, bytes]).toEqual([name, content.length]);
      expect(sha256).toBe(createHash('sha256').update(content).digest('hex'));
    }
  });

  it('writes a graph for prompts that has layers of its own and shares the rest with the decoder', async () => {
    const plain = await convertModel({ source, output: place('plain'), precision: 'int8' });
    const { files, weights } = await convertModel({
      source,
      output: place('model'),
      precision: 'int8',
      prefill: 'int8',
    });
    expect(plain.weights.prefill).toBeUndefined();
    expect(weights.prefill).toEqual({ kind: 'rows' });
    const { 'prefill.onnx': graph, 'prefill.onnx.data': data, ...others } = files;
    expect(graph?.bytes).toBeGreaterThan(0);
    expect(others).toEqual(plain.files);
    const { hidden_size: hidden, layers } = plain.language_model;
    const [qkvAndOutput, mlp] = [4 * hidden * hidden, 3 * hidden * INTERMEDIATE_SIZE];
    // A byte a weight and the scales; the embedding table alone would be a seventh more.
    expect(data?.bytes).toBeGreaterThan(layers * (qkvAndOutput + mlp));
    expect(data?.bytes).toBeLessThan(1.08 * layers * (qkvAndOutput + mlp));
  });

  it('gives the same bytes and revision every time, and another revision for other weights', async () => {
    const first = await convertModel({ source, output: place('first'), id: 'model' });
    const second = await convertModel({ source, output: place('second'), id: 'model' });
    expect(second).toEqual(first);
    await copyCheckpoint(place('changed'));
    const weights = path.join(place('changed'), 'model.safetensors');
    const bytes = await readFile(weights);
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
    await writeFile(weights, bytes);
    const changed = await convertModel({ source: place('changed'), output: place('third'), id: 'model' });
    expect(changed.revision).not.toBe(first.revision);
  });

  it('leaves nothing behind when it fails half-way', async () => {
    const interrupted = convertModel({
      source,
      output: place('model'),
      onProgress: ({ graph, weightsWritten }) => {
        if (graph === 'decoder' && weightsWritten === 3) throw new Error('disk full');
      },
    });
    await expect(interrupted).rejects.toThrow('disk full');
    await copyCheckpoint(place('short'));
    await truncate(path.join(place('short'), 'model.safetensors'), 1_000_000);
    await expect(convertModel({ source: place('short'), output: place('model') })).rejects.toThrow(
      /ends before/,
    );
    expect(await readdir(directory.path)).toEqual(['short']);
  });

  it('leaves nothing that loads when its process is killed, and succeeds the next time', async () => {
    const program = `
      const { convertModel } = await import('@tessera/converter');
      const { writeSync } = await import('node:fs');
      const onProgress = ({ graph }) => {
        if (graph !== 'decoder') return;
        writeSync(1, 'half-way');
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      };
      await convertModel({ source: ${JSON.stringify(source)}, output: ${JSON.stringify(place('model'))}, onProgress });`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      cwd: path.join(root, 'test'),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    const left = await readdir(directory.path);
    expect(left).toHaveLength(1);
    await expect(readManifest(place(left[0] as string))).rejects.toThrow(ManifestInvalidError);
    await convertModel({ source, output: place('model') });
    expect((await readManifest(place('model'))).id).toBe('tessera-tiny');
    expect((await readdir(directory.path)).sort()).toEqual(['model', ...left]);
  });

  it('leaves nothing at all when its process exits', async () => {
    const program = `
      const { convertModel } = await import('@tessera/converter');
      const onProgress = ({ graph }) => {
        if (graph === 'decoder') process.exit(3);
      };
      await convertModel({ source: ${JSON.stringify(source)}, output: ${JSON.stringify(place('model'))}, onProgress });`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      cwd: path.join(root, 'test'),
      stdio: 'inherit',
    });
    expect(await once(child, 'exit')).toEqual([3, null]);
    expect(await readdir(directory.path)).toEqual([]);
  });

  it('removes what others left that were killed, an hour after they wrote last', async () => {
    const HOUR_MS = 3_600_000;
    const partial = (output: string): string => `${output}.partial-${randomUUID()}`;
    const leave = async (name: string, ageMs: number): Promise<string> => {
      await mkdir(place(name));
      const file = path.join(place(name), 'decoder.onnx.data');
      await writeFile(file, 'half');
      const at = new Date(Date.now() - ageMs);
      for (const one of [file, place(name)]) await utimes(one, at, at);
      return name;
    };
    await leave(partial('model'), 1.1 * HOUR_MS);
    const kept = [
      await leave(partial('model'), 0.9 * HOUR_MS),
      await leave(partial('other'), 9 * HOUR_MS),
      await leave('model.partial-backup', 9 * HOUR_MS),
    ];
    await convertModel({ source, output: place('model') });
    expect((await readdir(directory.path)).sort()).toEqual(['model', ...kept].sort());
    await leave(partial(`other-fp32-0123abcd.new-${randomUUID()}`), 1.1 * HOUR_MS);
    const cached = await ensureConvertedModel({ source, cacheDirectory: directory.path, log: () => {} });
    const young = kept.filter((name) => !name.startsWith('other'));
    expect((await readdir(directory.path)).sort()).toEqual(['model', path.basename(cached), ...young].sort());
  });

  it('replaces a converted model, and refuses to touch anything else', async () => {
    await convertModel({ source, output: place('model') });
    await convertModel({ source, output: `${place('model')}/`, id: 'renamed' });
    expect((await readManifest(place('model'))).id).toBe('renamed');
    await mkdir(place('photos'));
    await writeFile(path.join(place('photos'), 'cat.jpg'), 'cat');
    await writeFile(place('file'), 'not a directory');
    for (const output of [place('photos'), place('file')]) {
      await expect(convertModel({ source, output })).rejects.toThrow(OutputExistsError);
    }
    expect(await readFile(place('file'), 'utf8')).toBe('not a directory');
    expect((await readdir(directory.path)).sort()).toEqual(['file', 'model', 'photos']);
  });

  it('leaves one model per checkpoint, however many ask at once, and is not done again', async () => {
    const lines: string[] = [];
    const options = { source, cacheDirectory: place('cache'), log: (line: string) => void lines.push(line) };
    const together = await Promise.all([ensureConvertedModel(options), ensureConvertedModel(options)]);
    expect(new Set(together).size).toBe(1);
    const count = lines.length;
    expect(await ensureConvertedModel(options)).toBe(together[0]);
    expect(lines).toHaveLength(count);
    expect(await readdir(place('cache'))).toEqual([path.basename(together[0])]);
    const converted = { ...options, source: together[0] };
    expect(await ensureConvertedModel(converted)).toBe(together[0]);
  });

  it('is another one for another way to compute prompts', async () => {
    const options = { source, cacheDirectory: place('cache'), log: () => {} };
    const [plain, apart] = [
      await ensureConvertedModel(options),
      await ensureConvertedModel({ ...options, prefill: 'int8' }),
    ];
    expect((await readManifest(apart)).weights.prefill).toEqual({ kind: 'rows' });
    expect((await readManifest(plain)).weights.prefill).toBeUndefined();
    expect(await ensureConvertedModel({ ...options, prefill: 'int8' })).toBe(apart);
  });

  it('happens again when a file of the checkpoint changes', async () => {
    await copyCheckpoint(place('checkpoint'));
    const options = { source: place('checkpoint'), cacheDirectory: place('cache'), log: () => {} };
    const before = await ensureConvertedModel(options);
    const weights = path.join(place('checkpoint'), 'model.safetensors');
    await writeFile(weights, await readFile(weights));
    expect(await ensureConvertedModel(options)).not.toBe(before);
  });

  async function copyCheckpoint(to: string): Promise<void> {
    await mkdir(to);
    const files = (await readdir(source, { withFileTypes: true })).filter((entry) => entry.isFile());
    for (const { name } of files) await copyFile(path.join(source, name), path.join(to, name));
  }
});
