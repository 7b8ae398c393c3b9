import { open, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type RandomWeights } from './random-weights.js';
import { elementCount, type TensorSpec } from './tensor-spec.js';

const BYTES_PER_ELEMENT = 2;
const bytesOf = (tensor: TensorSpec): number => BYTES_PER_ELEMENT * elementCount(tensor);

export interface ShardOptions {
  readonly maxShardBytes: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (writtenBytes: number) => void;
}

/** Writes tensors as safetensors, with an index where they do not fit into one file. */
export async function writeShards(
  directory: string,
  tensors: readonly TensorSpec[],
  weights: RandomWeights,
  options: ShardOptions,
): Promise<void> {
  const shards = splitIntoShards(tensors, options.maxShardBytes);
  const files = shards.map((_, index) => shardName(index, shards.length));
  const { onProgress = () => {} } = options;
  let written = 0;
  for (const [index, shard] of shards.entries()) {
    await writeShard(path.join(directory, files[index] as string), shard, function* () {
      for (const tensor of shard) {
        for (const block of weights.blocksOf(tensor)) {
          options.signal?.throwIfAborted();
          yield block;
          onProgress((written += block.byteLength));
        }
      }
    });
  }
  if (shards.length > 1) await writeIndex(directory, shards, files);
}

/** Tensors in their order; a file ends before the tensor that would make it too long. */
function splitIntoShards(tensors: readonly TensorSpec[], maxBytes: number): TensorSpec[][] {
  const shards: TensorSpec[][] = [];
  let shardBytes = Infinity;
  for (const tensor of tensors) {
    if (shardBytes + bytesOf(tensor) > maxBytes) {
      shards.push([]);
      shardBytes = 0;
    }
    shards.at(-1)?.push(tensor);
    shardBytes += bytesOf(tensor);
  }
  return shards;
}

function shardName(index: number, count: number): string {
  if (count === 1) return 'model.safetensors';
  const number = (value: number): string => String(value).padStart(5, '0');
  return `model-${number(index + 1)}-of-${number(count)}.safetensors`;
}

async function writeShard(
  file: string,
  tensors: readonly TensorSpec[],
  blocks: () => Iterable<Uint8Array>,
): Promise<void> {
  const handle = await open(file, 'wx');
  try {
    await handle.writeFile(encodeHeader(tensors));
    // The next block is made while one is written.
    let writing = Promise.resolve();
    for (const block of blocks()) {
      await writing;
      writing = handle.writeFile(block);
    }
    await writing;
  } finally {
    await handle.close();
  }
}

/** Format: https://github.com/huggingface/safetensors#format */
function encodeHeader(tensors: readonly TensorSpec[]): Uint8Array {
  let end = 0;
  const entries = tensors.map((tensor) => {
    const begin = end;
    end += bytesOf(tensor);
    return [tensor.name, { dtype: 'BF16', shape: tensor.shape, data_offsets: [begin, end] }] as const;
  });
  const json = JSON.stringify({ __metadata__: { format: 'pt' }, ...Object.fromEntries(entries) });
  const header = Buffer.from(json.padEnd(8 * Math.ceil(json.length / 8)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header]);
}

async function writeIndex(
  directory: string,
  shards: readonly (readonly TensorSpec[])[],
  files: readonly string[],
): Promise<void> {
  const entries = shards.flatMap((shard, index) => shard.map(({ name }) => [name, files[index]] as const));
  const index = {
    metadata: { total_size: shards.flat().reduce((sum, tensor) => sum + bytesOf(tensor), 0) },
    weight_map: Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1))),
  };
  await writeFile(path.join(directory, 'model.safetensors.index.json'), JSON.stringify(index, null, 2));
}
