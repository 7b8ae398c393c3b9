import path from 'node:path';
import {
  DuplicateTensorError,
  TensorMismatchError,
  TensorMissingError,
  TensorNotFiniteError,
  TensorNotInShardError,
  TensorTypeError,
} from '../errors/index.js';
import { findNonFinite, toFloat32 } from '../formats/to-float32.js';
import { rowLength, type Weight } from '../weights/weight.js';
import { BYTES_PER_ELEMENT, isReadable, SafetensorsFile, type TensorEntry } from './safetensors-file.js';
import { findWeightFiles, type WeightFiles } from './weight-files.js';

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

  /** Reads all headers. Throws a `ConversionError` that names the file. */
  static async open(directory: string): Promise<Checkpoint> {
    const files = await findWeightFiles(directory);
    const shards: SafetensorsFile[] = [];
    try {
      for (const name of files.names) shards.push(await SafetensorsFile.open(path.join(directory, name)));
      refuseBrokenPromises(directory, files, shards);
      return new Checkpoint(directory, shards, placesOf(shards));
    } catch (error) {
      await Promise.all(shards.map((shard) => shard.close()));
      throw error;
    }
  }

  /** Numbers in all tensors together. */
  get parameterCount(): number {
    const sizes = this.entries.map(({ shape }) => shape.reduce((product, size) => product * size, 1));
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  /** Number formats that tensors are stored in. */
  get dataTypes(): string[] {
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

  /** File that a tensor is in. */
  fileOf(name: string): string {
    return this.find(name).shard.file;
  }

  /**
   * A tensor that must exist with this shape. Throws {@link TensorMissingError}, {@link TensorMismatchError} and
   * {@link TensorTypeError}; reading its rows throws {@link TensorNotFiniteError}.
   */
  tensor(name: string, shape: readonly number[]): Weight {
    const { shard, stored, entry } = this.find(name);
    if (entry.shape.join() !== shape.join())
      throw new TensorMismatchError(stored, shape, entry.shape, shard.file);
    const { dataType } = entry;
    if (!isReadable(dataType)) throw new TensorTypeError(stored, dataType, shard.file);
    this.taken.add(name);
    const length = rowLength({ shape });
    const bytesPerRow = length * BYTES_PER_ELEMENT[dataType];
    return {
      name: stored,
      shape,
      rows: async (first, count) => {
        const bytes = await shard.read(entry, first * bytesPerRow, count * bytesPerRow);
        const values = toFloat32(bytes, dataType);
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

function refuseBrokenPromises(
  directory: string,
  { names, promised }: WeightFiles,
  shards: readonly SafetensorsFile[],
): void {
  const tensorsByName = new Map(names.map((name, index) => [name, shards[index]?.tensors]));
  for (const [tensor, name] of promised) {
    if (tensorsByName.get(name)?.has(tensor) !== true)
      throw new TensorNotInShardError(tensor, path.join(directory, name));
  }
}

/** Every tensor's place, by its canonical name. Throws {@link DuplicateTensorError}. */
function placesOf(shards: readonly SafetensorsFile[]): Map<string, TensorPlace> {
  const places = new Map<string, TensorPlace>();
  for (const shard of shards) {
    for (const [stored, entry] of shard.tensors) {
      const name = canonicalName(stored);
      const other = places.get(name);
      if (other !== undefined) throw new DuplicateTensorError(stored, [other.shard.file, shard.file]);
      places.set(name, { shard, stored, entry });
    }
  }
  return places;
}
