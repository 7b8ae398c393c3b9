import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import {
  CheckpointFileInvalidError,
  CheckpointFileMissingError,
  TensorMismatchError,
  TensorMissingError,
  TensorNotFiniteError,
  TensorNotInShardError,
} from '../errors.js';
import { findNonFinite, toFloat32 } from '../formats/to-float32.js';
import { rowLength, type Weight } from '../weights/weight.js';
import {
  BYTES_PER_ELEMENT,
  SafetensorsFile,
  type TensorDataType,
  type TensorEntry,
} from './safetensors-file.js';

const SINGLE_FILE = 'model.safetensors';
const INDEX_FILE = 'model.safetensors.index.json';
const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

/** Where a tensor is, and what it is called there. */
interface TensorPlace {
  readonly shard: SafetensorsFile;
  readonly stored: string;
  readonly entry: TensorEntry;
}

/** The weights of a HuggingFace directory, in one file or in shards. Only headers stay in memory. Tensors go by the names of {@link canonicalName}. */
export class Checkpoint {
  private readonly taken = new Set<string>();

  private constructor(
    readonly directory: string,
    private readonly shards: readonly SafetensorsFile[],
    private readonly places: ReadonlyMap<string, TensorPlace>,
  ) {}

  static async open(directory: string): Promise<Checkpoint> {
    const index = await readIndex(directory);
    const names = index === undefined ? [SINGLE_FILE] : [...new Set(Object.values(index))].sort();
    const shards: SafetensorsFile[] = [];
    try {
      for (const name of names) shards.push(await openShard(directory, name));
      for (const [tensor, name] of Object.entries(index ?? {})) {
        const shard = shards[names.indexOf(name)];
        if (shard?.tensors.has(tensor) !== true)
          throw new TensorNotInShardError(tensor, path.join(directory, name));
      }
    } catch (error) {
      await Promise.all(shards.map((shard) => shard.close()));
      throw error;
    }
    const places = shards.flatMap((shard) =>
      [...shard.tensors].map(([stored, entry]) => [canonicalName(stored), { shard, stored, entry }] as const),
    );
    return new Checkpoint(directory, shards, new Map(places));
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

  get tensorNames(): string[] {
    return [...this.places.keys()];
  }

  /** Tensors that nobody has asked for yet. */
  get untakenTensorNames(): string[] {
    return this.tensorNames.filter((name) => !this.taken.has(name));
  }

  has(name: string): boolean {
    return this.places.has(name);
  }

  /**
   * A tensor that must exist with this shape. Throws {@link TensorMissingError}, {@link TensorMismatchError}; reading its
   * rows throws {@link TensorNotFiniteError}.
   */
  tensor(name: string, shape: readonly number[]): Weight {
    const { shard, stored, entry } = this.find(name);
    if (entry.shape.join() !== shape.join())
      throw new TensorMismatchError(stored, shape, entry.shape, shard.file);
    this.taken.add(name);
    const length = rowLength({ shape });
    const bytesPerRow = length * BYTES_PER_ELEMENT[entry.dataType];
    return {
      name: stored,
      shape,
      rows: async (first, count) => {
        const bytes = await shard.read(entry, first * bytesPerRow, count * bytesPerRow);
        const values = toFloat32(bytes, entry.dataType);
        const bad = findNonFinite(values);
        if (bad >= 0) throw new TensorNotFiniteError(stored, shard.file, first * length + bad);
        return values;
      },
    };
  }

  /** Rows of a two-dimensional tensor, for vocabularies whose size only the weights know. */
  rowCount(name: string): number {
    return this.find(name).entry.shape[0] ?? 1;
  }

  async close(): Promise<void> {
    await Promise.all(this.shards.map((shard) => shard.close()));
  }

  private find(name: string): TensorPlace {
    const place = this.places.get(name);
    if (place === undefined) throw new TensorMissingError(name, this.directory);
    return place;
  }

  private get entries(): TensorEntry[] {
    return [...this.places.values()].map(({ entry }) => entry);
  }
}

/**
 * One name for what releases of transformers store under two: some wrap a whole model of the native layout into `model.`,
 * and its language model loses a `model.` of its own.
 */
function canonicalName(stored: string): string {
  if (stored === 'lm_head.weight') return 'language_model.lm_head.weight';
  return stored
    .replace(/^model\.language_model\./, 'language_model.model.')
    .replace(/^model\.(?=vision_tower\.|multi_modal_projector\.)/, '');
}

/** File name by tensor; undefined for a checkpoint in a single file. */
async function readIndex(directory: string): Promise<Record<string, string> | undefined> {
  const file = path.join(directory, INDEX_FILE);
  const text = await readFile(file, 'utf8').catch(ignoreMissing);
  if (text === undefined) return undefined;
  try {
    return indexSchema.parse(JSON.parse(text)).weight_map;
  } catch (cause) {
    throw new CheckpointFileInvalidError(file, 'it has no valid weight_map', { cause });
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
