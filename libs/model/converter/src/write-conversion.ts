import { createHash } from 'node:crypto';
import { readdir, readFile, statfs, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { weightFileBytes, type WeightProgress, type WrittenFile, writeModel } from '@tessera/onnx';
import { buildTilingGraph } from '@tessera/preprocessing';
import { NotEnoughSpaceError } from './errors.js';
import { type ConversionPlan } from './plan-conversion.js';

const TOKENIZER_FILES = [
  'tokenizer.json',
  'tokenizer.model',
  'vocab.json',
  'merges.txt',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
];

/** How far a conversion is; bytes are over all of its graphs. */
export interface ConversionProgress extends WeightProgress {
  /** The graph whose weights are being written. */
  readonly graph: string;
}

/**
 * Writes graphs, weights and tokenizer of a planned conversion into a directory. Throws {@link NotEnoughSpaceError} before
 * it begins, where the file system tells its free space, or when it runs full.
 */
export async function writeConversion(
  plan: ConversionPlan,
  source: string,
  directory: string,
  onProgress: (progress: ConversionProgress) => void = () => {},
): Promise<WrittenFile[]> {
  const sizes = Object.values(plan.graphs).map(({ weights }) => weightFileBytes(weights));
  const bytesTotal = sizes.reduce((sum, size) => sum + size, 0);
  await refuseSmallDisk(directory, bytesTotal);
  try {
    const files = [
      await writeSmallFile(directory, 'tiling.onnx', buildTilingGraph(plan.vision.tileSizePixels)),
    ];
    let bytesBefore = 0;
    for (const [graph, builder] of Object.entries(plan.graphs)) {
      const written = await writeModel(builder, directory, graph, (progress) =>
        onProgress({ ...progress, graph, bytesWritten: bytesBefore + progress.bytesWritten, bytesTotal }),
      );
      bytesBefore += weightFileBytes(builder.weights);
      files.push(...written);
    }
    return [...files, ...(await copyTokenizer(source, directory))];
  } catch (error) {
    if (isDiskFull(error)) throw new NotEnoughSpaceError(directory, bytesTotal, undefined, { cause: error });
    throw error;
  }
}

async function refuseSmallDisk(directory: string, neededBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  const availableBytes = bavail * bsize;
  if (availableBytes < neededBytes) throw new NotEnoughSpaceError(directory, neededBytes, availableBytes);
}

async function copyTokenizer(source: string, directory: string): Promise<WrittenFile[]> {
  const present = new Set(await readdir(source));
  const names = TOKENIZER_FILES.filter((name) => present.has(name));
  return Promise.all(
    names.map(async (name) => writeSmallFile(directory, name, await readFile(path.join(source, name)))),
  );
}

async function writeSmallFile(directory: string, name: string, bytes: Uint8Array): Promise<WrittenFile> {
  await writeFile(path.join(directory, name), bytes, { flush: true });
  return { name, bytes: bytes.byteLength, sha256: createHash('sha256').update(bytes).digest('hex') };
}

function isDiskFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
}
