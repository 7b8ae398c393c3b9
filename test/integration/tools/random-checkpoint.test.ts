import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { Checkpoint, describeModel } from '@tessera/converter';
import { type TemporaryDirectory, temporaryDirectory } from '@tessera/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reduceShape } from '../../../tools/random-checkpoint/checkpoint-shape.js';
import { CheckpointExistsError, UnusableOptionError } from '../../../tools/random-checkpoint/errors.js';
import { findModel } from '../../../tools/random-checkpoint/find-model.js';
import { RELEASED_MODELS } from '../../../tools/random-checkpoint/models.js';
import { readOptions } from '../../../tools/random-checkpoint/read-options.js';
import { listTensors } from '../../../tools/random-checkpoint/tensor-list.js';
import { countParameters } from '../../../tools/random-checkpoint/tensor-spec.js';
import { writeRandomCheckpoint } from '../../../tools/random-checkpoint/write-random-checkpoint.js';
import { readReferenceArrays } from '../engine/safetensors.js';

/** `<|end|>` of the tokenizer, and the token before all that are added. */
const STOP_TOKEN_ID = 723;
const LAST_PIECE_ID = 719;
const SMALL = { layers: 2, visionLayers: 2, scale: 0.05 };

describe('random checkpoints', () => {
  let directory: TemporaryDirectory;
  const place = (name: string): string => path.join(directory.path, name);

  beforeAll(async () => {
    directory = await temporaryDirectory('tessera-random-checkpoint');
  });
  afterAll(() => directory.remove());

  it('have the published sizes of Mini-InternVL-Chat-4B-V1-5', () => {
    const tensors = listTensors(findModel('mini-internvl-chat-4b-v1-5'));
    expect(tensors).toHaveLength(541);
    expect(countParameters(tensors)).toBe(4_146_855_936);
  });

  it.each(Object.keys(RELEASED_MODELS))('%s opens, small, with every tensor and no other', async (name) => {
    const shape = reduceShape(findModel(name), SMALL);
    await writeRandomCheckpoint({ output: place(name), shape });
    const description = await describeModel(place(name));
    expect(description).toMatchObject({ kind: 'checkpoint', precision: 'bf16' });
    expect(description.parameters).toBe(countParameters(listTensors(shape)));
    expect(description.unsupported).toBeNull();
  });

  it('split into shards with an index of every tensor', async () => {
    const shape = reduceShape(findModel('mini-internvl-chat-4b-v1-5'), SMALL);
    const tensors = listTensors(shape);
    await writeRandomCheckpoint({ output: place('sharded'), shape, maxShardBytes: 2_000_000 });
    const text = await readFile(path.join(place('sharded'), 'model.safetensors.index.json'), 'utf8');
    const { metadata, weight_map: weightMap } = JSON.parse(text) as {
      metadata: { total_size: number };
      weight_map: Record<string, string>;
    };
    expect(metadata.total_size).toBe(2 * countParameters(tensors));
    expect(Object.keys(weightMap).sort()).toEqual(tensors.map(({ name }) => name).sort());
    const shards = [...new Set(Object.values(weightMap))].sort();
    const count = String(shards.length).padStart(5, '0');
    expect(shards.length).toBeGreaterThan(1);
    expect(shards[0]).toBe(`model-00001-of-${count}.safetensors`);
    const checkpoint = await Checkpoint.open(place('sharded'));
    for (const { name, shape: dims } of tensors) expect(checkpoint.tensor(name, dims).shape).toEqual(dims);
    await checkpoint.close();
  });

  it('have weights of a sane scale', async () => {
    const shape = reduceShape(findModel('mini-internvl-chat-4b-v1-5'), SMALL);
    await writeRandomCheckpoint({ output: place('scale'), shape });
    const arrays = readReferenceArrays(path.join(place('scale'), 'model.safetensors'));
    const prefix = 'language_model.model.layers.0';
    const norm = momentsOf(arrays.bytes(`${prefix}.input_layernorm.weight`));
    expect(norm.mean).toBeCloseTo(1, 1);
    expect(norm.deviation).toBeLessThan(0.1);
    // Outputs of a matrix are about as large as its inputs.
    const down = momentsOf(arrays.bytes(`${prefix}.mlp.down_proj.weight`));
    expect(down.deviation * Math.sqrt(shape.language.intermediate)).toBeCloseTo(1, 1);
    expect(Math.abs(down.mean)).toBeLessThan(0.02 * down.deviation);
    // The stop token is never generated: its logit is 0, and the largest of the others is not.
    const head = arrays.bytes('language_model.lm_head.weight');
    const rowBytes = 2 * shape.language.hidden;
    const row = (id: number): Uint8Array => head.subarray(id * rowBytes, (id + 1) * rowBytes);
    expect(row(STOP_TOKEN_ID).every((byte) => byte === 0)).toBe(true);
    expect(row(LAST_PIECE_ID).some((byte) => byte !== 0)).toBe(true);
  });

  it('are the same for the same seed, and others for another seed', async () => {
    const shape = reduceShape(findModel('mini-internvl-chat-4b-v1-5'), SMALL);
    const write = async (name: string, seed: number): Promise<Record<string, string>> => {
      await writeRandomCheckpoint({ output: place(name), shape, seed });
      return hashFiles(place(name));
    };
    const first = await write('first', 7);
    expect(await write('again', 7)).toEqual(first);
    const other = await write('other', 8);
    expect(other['config.json']).toBe(first['config.json']);
    expect(other['model.safetensors']).not.toBe(first['model.safetensors']);
  });

  it('are never written over something, and leave nothing when they are interrupted', async () => {
    const shape = reduceShape(findModel('internvl2-1b'), SMALL);
    await writeRandomCheckpoint({ output: place('taken'), shape });
    const before = await readdir(directory.path);
    await expect(writeRandomCheckpoint({ output: place('taken'), shape })).rejects.toThrow(
      CheckpointExistsError,
    );
    const stop = new AbortController();
    const interrupted = writeRandomCheckpoint({
      output: place('interrupted'),
      shape,
      signal: stop.signal,
      onProgress: () => stop.abort(),
    });
    await expect(interrupted).rejects.toMatchObject({ name: 'AbortError' });
    expect(await readdir(directory.path)).toEqual(before);
  });

  it.each([
    [['-o', 'x', '--model', 'gpt'], /--model must be one of mini-internvl-chat-4b-v1-5, /],
    [['-o', 'x', '--layers', '33'], /--layers must be a whole number from 1 to 32, given 33/],
    [['-o', 'x', '--scale', '0'], /--scale must be a number above 0 and at most 1, given 0/],
    [['-o', 'x', '--seed', '1.5'], /--seed must be a whole number, given 1.5/],
    [['--layers', '2'], /--output must be a folder to write/],
    [['--size', '2'], /must be as --help says/],
  ])('%j is refused with the rule', (args, message) => {
    expect(() => readOptions(args)).toThrow(UnusableOptionError);
    expect(() => readOptions(args)).toThrow(message);
  });
});

/** Of bf16 numbers: each is the upper half of a float32. */
function momentsOf(bytes: Uint8Array): { mean: number; deviation: number } {
  const words = Uint32Array.from(new Uint16Array(bytes.buffer), (half) => half << 16);
  const values = new Float32Array(words.buffer);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, deviation: Math.sqrt(square) };
}

async function hashFiles(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).sort();
  const entries = names.map(async (name) => {
    const content = await readFile(path.join(folder, name));
    return [name, createHash('sha256').update(content).digest('hex')] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}
