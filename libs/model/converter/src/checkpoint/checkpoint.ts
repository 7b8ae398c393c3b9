import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import {
  CheckpointFileInvalidError,
  CheckpointFileMissingError,
  TensorMismatchError,
  TensorMissingError,
} from '../errors.js';
import { SafetensorsFile, type TensorDataType, type TensorEntry } from './safetensors-file.js';
import { toFloat32 } from './to-float32.js';

const SINGLE_FILE = 'model.safetensors';
const INDEX_FILE = 'model.safetensors.index.json';
const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

/** A weight that is read when it is asked for. */
export interface CheckpointTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Its values, row-major. */
  load(): Promise<Float32Array>;
}

/** The weights of a HuggingFace directory, in one file or in shards. Only headers stay in memory. */
export class Checkpoint {
  private constructor(
    readonly directory: string,
    readonly files: readonly string[],
    private readonly shards: readonly SafetensorsFile[],
    private readonly shardByTensor: ReadonlyMap<string, SafetensorsFile>,
  ) {}

  static async open(directory: string): Promise<Checkpoint> {
    const names = await findWeightFiles(directory);
    const shards: SafetensorsFile[] = [];
    try {
      for (const name of names) shards.push(await openShard(directory, name));
    } catch (error) {
      await Promise.all(shards.map((shard) => shard.close()));
      throw error;
    }
    const shardByTensor = new Map(
      shards.flatMap((shard) => [...shard.tensors.keys()].map((name) => [name, shard])),
    );
    return new Checkpoint(directory, names, shards, shardByTensor);
  }

  /** Numbers in all tensors together. */
  get parameterCount(): number {
    const sizes = this.entries.map(({ shape }) => shape.reduce((product, size) => product * size, 1));
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  /** Number formats that tensors are stored in. */
  get dataTypes(): TensorDataType[] {
    return [...new Set(this.entries.map(({ dataType }) => dataType))].sort();
  }

  has(name: string): boolean {
    return this.shardByTensor.has(name);
  }

  /** A tensor that must exist with this shape. Throws {@link TensorMissingError}, {@link TensorMismatchError}. */
  tensor(name: string, shape: readonly number[]): CheckpointTensor {
    const shard = this.shardByTensor.get(name);
    const entry = shard?.tensors.get(name);
    if (shard === undefined || entry === undefined) throw new TensorMissingError(name, this.directory);
    if (entry.shape.join() !== shape.join()) throw new TensorMismatchError(name, shape, entry.shape);
    return { name, shape, load: async () => toFloat32(await shard.read(entry), entry.dataType) };
  }

  /** Rows of a two-dimensional tensor, for vocabularies whose size only the weights know. */
  rowCount(name: string): number {
    const rows = this.shardByTensor.get(name)?.tensors.get(name)?.shape[0];
    if (rows === undefined) throw new TensorMissingError(name, this.directory);
    return rows;
  }

  async close(): Promise<void> {
    await Promise.all(this.shards.map((shard) => shard.close()));
  }

  private get entries(): TensorEntry[] {
    return this.shards.flatMap((shard) => [...shard.tensors.values()]);
  }
}

async function findWeightFiles(directory: string): Promise<string[]> {
  const index = await readFile(path.join(directory, INDEX_FILE), 'utf8').catch(ignoreMissing);
  if (index === undefined) return [SINGLE_FILE];
  try {
    const { weight_map } = indexSchema.parse(JSON.parse(index));
    return [...new Set(Object.values(weight_map))].sort();
  } catch (cause) {
    throw new CheckpointFileInvalidError(path.join(directory, INDEX_FILE), 'it has no valid weight_map', {
      cause,
    });
  }
}

async function openShard(directory: string, name: string): Promise<SafetensorsFile> {
  const file = path.join(directory, name);
  try {
    return await SafetensorsFile.open(file);
  } catch (cause) {
    if (!isMissing(cause)) throw cause;
    throw new CheckpointFileMissingError(file, 'download the checkpoint again, with every shard', { cause });
  }
}

function ignoreMissing(error: unknown): undefined {
  if (!isMissing(error)) throw error;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
