import path from 'node:path';
import { z } from 'zod';
import { CheckpointFileInvalidError, CheckpointFileMissingError } from '../errors/index.js';
import { listCheckpoint } from './list-checkpoint.js';
import { readJsonFile } from './read-file.js';

const SINGLE_FILE = 'model.safetensors';
const INDEX_FILE = 'model.safetensors.index.json';
const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

/** Files of other formats that weights come in. */
const PICKLED = /\.(?:bin|pt|pth|ckpt)$/;
const SAFETENSORS = /\.safetensors$/;

/** Which files hold a checkpoint's weights. */
export interface WeightFiles {
  readonly names: readonly string[];
  /** File name by tensor, as an index promises it; empty for weights in a single file. */
  readonly promised: ReadonlyMap<string, string>;
}

/**
 * The weights of a HuggingFace directory: one file, or else the shards of an index, as transformers looks for them. Throws
 * {@link CheckpointFileMissingError} and {@link CheckpointFileInvalidError}.
 */
export async function findWeightFiles(directory: string): Promise<WeightFiles> {
  const present = await listCheckpoint(directory);
  if (present.has(SINGLE_FILE)) return { names: [SINGLE_FILE], promised: new Map() };
  if (!present.has(INDEX_FILE)) throw missingWeights(directory, [...present]);
  const promised = await readIndex(path.join(directory, INDEX_FILE));
  return { names: [...new Set(promised.values())].sort(), promised };
}

async function readIndex(file: string): Promise<ReadonlyMap<string, string>> {
  const { success, data } = indexSchema.safeParse(await readJsonFile(file, 'download it again'));
  const entries = Object.entries(success ? data.weight_map : {});
  if (entries.length === 0) {
    throw new CheckpointFileInvalidError(
      file,
      'it has no weight_map from tensors to files; download it again',
    );
  }
  for (const [tensor, name] of entries) refuseForeignPlace(file, tensor, name);
  return new Map(entries);
}

/** An index names files beside itself, nothing else on the machine. */
function refuseForeignPlace(file: string, tensor: string, name: string): void {
  if (SAFETENSORS.test(name) && !/[/\\\0]/.test(name)) return;
  throw new CheckpointFileInvalidError(
    file,
    `it says that tensor ${tensor} is in ${JSON.stringify(name)}; shards are .safetensors files in the same folder`,
  );
}

function missingWeights(directory: string, present: readonly string[]): CheckpointFileMissingError {
  const shard = present.find((name) => SAFETENSORS.test(name));
  if (shard !== undefined) {
    const remedy = `there are other safetensors, such as ${shard}, but no ${INDEX_FILE} that says what is in them; download it too`;
    return new CheckpointFileMissingError(path.join(directory, SINGLE_FILE), remedy);
  }
  const pickled = present.find((name) => PICKLED.test(name));
  const remedy =
    pickled === undefined
      ? 'the directory has no weights; download the whole repository'
      : `weights are read from safetensors only, and here is ${pickled}; load it in Python and save it again with save_pretrained(directory, safe_serialization=True)`;
  return new CheckpointFileMissingError(path.join(directory, SINGLE_FILE), remedy);
}
