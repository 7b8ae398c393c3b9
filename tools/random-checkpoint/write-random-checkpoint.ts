import { randomUUID } from 'node:crypto';
import { copyFile, lstat, mkdir, readdir, readFile, rename, rm, statfs, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { findRepositoryRoot } from '@tessera/testing';
import { TOKENIZER_FILES } from '@tessera/tokenizer';
import { toCheckpointConfig } from './checkpoint-config.js';
import { type CheckpointShape } from './checkpoint-shape.js';
import { CheckpointExistsError, DiskSpaceError } from './errors.js';
import { RandomWeights } from './random-weights.js';
import { listTensors } from './tensor-list.js';
import { countParameters } from './tensor-spec.js';
import { writeShards } from './write-shards.js';

export interface WriteOptions {
  /** Where the checkpoint goes; nothing may be there. */
  output: string;
  shape: CheckpointShape;
  /** The same seed and shape give the same bytes. @defaultValue 0 */
  seed?: number;
  /** Bytes of tensors in a file. @defaultValue 5 GB, as transformers saves them */
  maxShardBytes?: number;
  /** Ends the writing; nothing is left of it. */
  signal?: AbortSignal;
  onProgress?: (writtenBytes: number, totalBytes: number) => void;
}

const DEFAULT_SHARD_BYTES = 5e9;
/** Config, tokenizer and headers, with room to spare. */
const SMALL_FILES_BYTES = 16 * 2 ** 20;

/**
 * Writes a checkpoint in the public layout whose weights are random bf16 numbers of a sane scale. It never generates an
 * added token, so no answer stops before its limit. The folder appears whole or not at all. Throws {@link CheckpointExistsError}, {@link DiskSpaceError}.
 */
export async function writeRandomCheckpoint(options: WriteOptions): Promise<void> {
  const output = path.resolve(options.output);
  if (await exists(output)) throw new CheckpointExistsError(output);
  const tensors = listTensors(options.shape);
  const totalBytes = 2 * countParameters(tensors);
  const parent = path.dirname(output);
  await mkdir(parent, { recursive: true });
  await checkDiskSpace(parent, totalBytes + SMALL_FILES_BYTES);
  const staging = `${output}.partial-${randomUUID()}`;
  const { seed = 0, maxShardBytes = DEFAULT_SHARD_BYTES, signal, onProgress } = options;
  try {
    await mkdir(staging);
    await writeJson(path.join(staging, 'config.json'), toCheckpointConfig(options.shape));
    await copyTokenizer(path.join(findRepositoryRoot(), options.shape.tokenizer), staging);
    const weights = new RandomWeights(seed, await readAddedTokenIds(staging));
    await writeShards(staging, tensors, weights, {
      maxShardBytes,
      ...(signal === undefined ? {} : { signal }),
      onProgress: (writtenBytes) => onProgress?.(writtenBytes, totalBytes),
    });
    await rename(staging, output);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

async function exists(place: string): Promise<boolean> {
  try {
    await lstat(place);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}

async function checkDiskSpace(directory: string, neededBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  if (bavail * bsize < neededBytes) throw new DiskSpaceError(directory, neededBytes, bavail * bsize);
}

async function copyTokenizer(source: string, target: string): Promise<void> {
  const present = new Set(await readdir(source));
  const names = TOKENIZER_FILES.filter((name) => present.has(name));
  for (const name of names) await copyFile(path.join(source, name), path.join(target, name));
}

/** Those of the chat template and the stop token are among them: a model that gives neither answers at full length. */
async function readAddedTokenIds(directory: string): Promise<number[]> {
  const text = await readFile(path.join(directory, 'added_tokens.json'), 'utf8');
  return Object.values(JSON.parse(text) as Record<string, number>);
}

async function writeJson(file: string, content: object): Promise<void> {
  await writeFile(file, `${JSON.stringify(content, null, 2)}\n`);
}
