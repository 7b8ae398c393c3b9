import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  CheckpointFileInvalidError,
  CheckpointFileMissingError,
  TensorMismatchError,
  TensorMissingError,
  TensorTypeError,
} from '../errors/index.js';
import { Checkpoint } from './checkpoint.js';
import { SafetensorsFile } from './safetensors-file.js';

interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

/** Bytes of a file with this header; `data` follows it. */
function encode(header: Record<string, Entry> | string, data = new Uint8Array()): Uint8Array {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, data]);
}

const weight: Entry = { dtype: 'F32', shape: [2, 2], data_offsets: [0, 16] };
const data = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer);

describe('safetensors', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'tessera-safetensors-'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  async function write(bytes: Uint8Array, name = 'model.safetensors'): Promise<string> {
    const file = path.join(directory, name);
    await writeFile(file, bytes);
    return file;
  }

  it('gives tensors of all three float types as float32', async () => {
    const halves = new Uint8Array(Uint16Array.of(0x3f80, 0xc000, 0x3c00, 0x0001).buffer);
    await write(
      encode(
        {
          full: weight,
          bf16: { dtype: 'BF16', shape: [2], data_offsets: [16, 20] },
          f16: { dtype: 'F16', shape: [2], data_offsets: [20, 24] },
        },
        Buffer.concat([data, halves]),
      ),
    );
    const checkpoint = await Checkpoint.open(directory);
    expect([...(await checkpoint.tensor('full', [2, 2]).rows(0, 2))]).toEqual([1, 2, 3, 4]);
    expect([...(await checkpoint.tensor('bf16', [2]).rows(0, 2))]).toEqual([1, -2]);
    expect([...(await checkpoint.tensor('f16', [2]).rows(0, 2))]).toEqual([1, 2 ** -24]);
    await checkpoint.close();
  });

  it('names a tensor that is missing or has another shape', async () => {
    await write(encode({ weight }, data));
    const checkpoint = await Checkpoint.open(directory);
    expect(() => checkpoint.tensor('bias', [2])).toThrow(TensorMissingError);
    expect(() => checkpoint.tensor('bias', [2])).toThrow(/no tensor bias/);
    expect(() => checkpoint.tensor('weight', [4])).toThrow(TensorMismatchError);
    expect(() => checkpoint.tensor('weight', [4])).toThrow(/should have shape \[4\].* it has \[2, 2\]/);
    expect(() => checkpoint.rowCount('bias')).toThrow(TensorMissingError);
    await checkpoint.close();
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['an empty file', new Uint8Array(), /ends after 0 bytes/],
    [
      'a file that ends in its header',
      encode({ weight }, data).subarray(0, 30),
      /header claims \d+ bytes of a 30/,
    ],
    ['a file that ends in a tensor', encode({ weight }, data.subarray(1)), /ends before tensor weight/],
    ['a header that is no JSON', encode('{"weight":'), /not the JSON/],
    ['a header of another form', encode('{"weight": 3}'), /not the JSON/],
    [
      'tensors that overlap',
      encode(
        { weight, other: { ...weight, data_offsets: [8, 24] } },
        Buffer.concat([data, data.subarray(8)]),
      ),
      /tensor other overlaps/,
    ],
    [
      'a hole before a tensor',
      encode({ weight: { ...weight, data_offsets: [4, 20] } }, Buffer.concat([data, data])),
      /tensor weight comes after a hole/,
    ],
    [
      'bytes after the last tensor',
      encode({ weight }, Buffer.concat([data, data])),
      /16 bytes after its last/,
    ],
    [
      'a pointer of Git LFS',
      Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 10\n'),
      /git lfs pull/,
    ],
    [
      'an element type with the name of a property of objects',
      encode({ weight: { ...weight, dtype: 'toString', data_offsets: [16, 0] } }, data),
      /its entry has -16/,
    ],
    [
      'bytes that do not fit the shape',
      encode({ weight: { ...weight, data_offsets: [0, 12] } }, data),
      /needs 16 bytes, its entry has 12/,
    ],
    [
      'offsets that run backwards',
      encode({ weight: { ...weight, data_offsets: [16, 0] } }, data),
      /its entry has -16/,
    ],
    ['an absurd header length', Buffer.from(BigUint64Array.of(2n ** 60n).buffer), /header claims/],
  ])('refuses %s and says why', async (_, bytes, message) => {
    const file = await write(bytes, 'broken.safetensors');
    await expect(SafetensorsFile.open(file)).rejects.toThrow(CheckpointFileInvalidError);
    await expect(SafetensorsFile.open(file)).rejects.toThrow(message);
  });

  it('refuses a tensor of another element type only when it is asked for', async () => {
    const steps: Entry = { dtype: 'I64', shape: [1], data_offsets: [16, 24] };
    await write(encode({ weight, steps }, Buffer.concat([data, new Uint8Array(8)])));
    const checkpoint = await Checkpoint.open(directory);
    expect([...(await checkpoint.tensor('weight', [2, 2]).rows(0, 1))]).toEqual([1, 2]);
    expect(() => checkpoint.tensor('steps', [1])).toThrow(TensorTypeError);
    expect(() => checkpoint.tensor('steps', [1])).toThrow(/tensor steps in .*model.safetensors is I64/);
    await checkpoint.close();
  });

  it('takes tensors in any order, empty ones included', async () => {
    const header = {
      last: { ...weight, data_offsets: [16, 32] as [number, number] },
      none: { dtype: 'F32', shape: [0, 3], data_offsets: [16, 16] as [number, number] },
      weight,
    };
    await write(encode(header, Buffer.concat([data, data])));
    const checkpoint = await Checkpoint.open(directory);
    expect([...(await checkpoint.tensor('last', [2, 2]).rows(1, 1))]).toEqual([3, 4]);
    expect(await checkpoint.tensor('none', [0, 3]).rows(0, 0)).toHaveLength(0);
    await checkpoint.close();
  });

  it('refuses a checkpoint that lacks a shard of its index', async () => {
    const shards = await mkdtemp(path.join(directory, 'shards-'));
    const index = {
      weight_map: { weight: 'model-00001-of-00002.safetensors', bias: 'model-00002-of-00002.safetensors' },
    };
    await writeFile(path.join(shards, 'model.safetensors.index.json'), JSON.stringify(index));
    await writeFile(path.join(shards, 'model-00001-of-00002.safetensors'), encode({ weight }, data));
    await expect(Checkpoint.open(shards)).rejects.toThrow(CheckpointFileMissingError);
    await expect(Checkpoint.open(shards)).rejects.toThrow(/model-00002-of-00002/);
  });
});
