import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { findRepositoryRoot } from '@tessera/testing';

const GOLDEN = path.join(findRepositoryRoot(), 'test', 'golden');
const SINGLE_FILE = 'model.safetensors';

/** A tensor of a safetensors file, with its bytes. */
export interface StoredTensor {
  name: string;
  dtype: string;
  shape: number[];
  bytes: Uint8Array;
}

interface HeaderEntry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}
export type Header = Record<string, HeaderEntry>;
export type Json = { [key: string]: unknown };

/** A copy of a golden checkpoint, to be broken. */
export class CheckpointEditor {
  private constructor(readonly directory: string) {}

  static async copy(golden: string, directory: string): Promise<CheckpointEditor> {
    await cp(path.join(GOLDEN, golden, 'checkpoint'), directory, { recursive: true });
    return new CheckpointEditor(directory);
  }

  file(name: string): string {
    return path.join(this.directory, name);
  }

  async remove(...names: string[]): Promise<void> {
    for (const name of names) await rm(this.file(name));
  }

  async editJson(name: string, edit: (json: Json) => void): Promise<void> {
    const json = JSON.parse(await readFile(this.file(name), 'utf8')) as Json;
    edit(json);
    await writeFile(this.file(name), JSON.stringify(json));
  }

  /** Changes one setting of `config.json`; `keys` lead to it from outside. */
  async setConfig(keys: string, value: unknown): Promise<void> {
    await this.editJson('config.json', (config) => {
      const path = keys.split('.');
      const last = path.pop() as string;
      const parent = path.reduce((json, key) => json[key] as Json, config);
      if (value === undefined) delete parent[last];
      else parent[last] = value;
    });
  }

  /** Changes the header and leaves the bytes behind it as they are. */
  async editHeader(edit: (header: Header) => unknown, name = SINGLE_FILE): Promise<void> {
    const { header, data } = splitFile(await readFile(this.file(name)));
    const edited = edit(header) ?? header;
    const json = typeof edited === 'string' ? edited : JSON.stringify(edited);
    await writeFile(this.file(name), joinFile(Buffer.from(json), data));
  }

  /** Changes tensors and writes a file that is right again around them. */
  async editTensors(
    edit: (tensors: StoredTensor[]) => StoredTensor[] | void,
    name = SINGLE_FILE,
  ): Promise<void> {
    const tensors = await readTensors(this.file(name));
    await writeTensors(this.file(name), edit(tensors) ?? tensors);
  }

  /** Adds a tensor of zeros. */
  async addTensor(name: string, shape: number[] = [2, 2], dtype = 'BF16'): Promise<void> {
    const values = shape.reduce((product, size) => product * size, 1);
    const width = { BF16: 2, I64: 8, F8_E4M3: 1 }[dtype] as number;
    await this.editTensors((tensors) => [
      ...tensors,
      { name, dtype, shape, bytes: new Uint8Array(values * width) },
    ]);
  }

  /** Turns the single file into shards with an index. Gives the shards' names. */
  async shard(count: number): Promise<string[]> {
    const tensors = await readTensors(this.file(SINGLE_FILE));
    const total = String(count).padStart(5, '0');
    const names = Array.from(
      { length: count },
      (_, index) => `model-${String(index + 1).padStart(5, '0')}-of-${total}.safetensors`,
    );
    const shardOf = (index: number): string => names[Math.floor((index * count) / tensors.length)] as string;
    for (const name of names) {
      await writeTensors(
        this.file(name),
        tensors.filter((_, index) => shardOf(index) === name),
      );
    }
    const weight_map = Object.fromEntries(tensors.map((tensor, index) => [tensor.name, shardOf(index)]));
    await writeFile(this.file(`${SINGLE_FILE}.index.json`), JSON.stringify({ metadata: {}, weight_map }));
    await this.remove(SINGLE_FILE);
    return names;
  }
}

export async function readTensors(file: string): Promise<StoredTensor[]> {
  const { header, data } = splitFile(await readFile(file));
  return Object.entries(header).map(([name, { dtype, shape, data_offsets }]) => ({
    name,
    dtype,
    shape,
    bytes: data.subarray(...data_offsets),
  }));
}

async function writeTensors(file: string, tensors: readonly StoredTensor[]): Promise<void> {
  let end = 0;
  const entries = tensors.map(({ name, dtype, shape, bytes }) => {
    const data_offsets = [end, (end += bytes.byteLength)];
    return [name, { dtype, shape, data_offsets }] as const;
  });
  const header = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  await writeFile(file, joinFile(header, Buffer.concat(tensors.map(({ bytes }) => bytes))));
}

/** The two parts of a safetensors file. */
export function splitFile(bytes: Buffer): { header: Header; data: Buffer } {
  const end = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, end).toString()) as Header;
  delete header['__metadata__'];
  return { header, data: bytes.subarray(end) };
}

export function joinFile(header: Uint8Array, data: Uint8Array): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, data]);
}
