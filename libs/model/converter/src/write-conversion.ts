import { createHash } from 'node:crypto';
import { readdir, statfs, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { weightFileBytes, type WeightProgress, type WrittenFile, writeModel } from '@tessera/onnx';
import { TOKENIZER_FILES } from '@tessera/tokenizer';
import { openFile, readFully } from './checkpoint/read-file.js';
import { NotEnoughSpaceError } from './errors/index.js';
import { type ConversionPlan } from './plan-conversion.js';

/** How far a conversion is; bytes are over all of its graphs. */
export interface ConversionProgress extends WeightProgress {
  /** The graph whose weights are being written. */
  readonly graph: string;
}

/** Bytes of all weights of a conversion, which is nearly all that it writes. */
export function conversionBytes({ graphs }: ConversionPlan): number {
  return Object.values(graphs).reduce((sum, { weights }) => sum + weightFileBytes(weights), 0);
}

/**
 * Writes graphs, weights and tokenizer of a planned conversion into a directory. Throws {@link NotEnoughSpaceError} before
 * it begins, where the file system tells its free space.
 */
export async function writeConversion(
  plan: ConversionPlan,
  source: string,
  directory: string,
  onProgress: (progress: ConversionProgress) => void = () => {},
): Promise<WrittenFile[]> {
  const bytesTotal = conversionBytes(plan);
  await refuseSmallDisk(directory, bytesTotal);
  const files: WrittenFile[] = [];
  let bytesBefore = 0;
  for (const [graph, builder] of Object.entries(plan.graphs)) {
    const written = await writeModel(builder, directory, graph, (progress) =>
      onProgress({ ...progress, graph, bytesWritten: bytesBefore + progress.bytesWritten, bytesTotal }),
    );
    bytesBefore += weightFileBytes(builder.weights);
    files.push(...written);
  }
  return [...files, ...(await copyTokenizer(source, directory))];
}

async function refuseSmallDisk(directory: string, neededBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  const availableBytes = bavail * bsize;
  if (availableBytes < neededBytes) {
    throw new NotEnoughSpaceError(path.dirname(directory), neededBytes, availableBytes);
  }
}

async function copyTokenizer(source: string, directory: string): Promise<WrittenFile[]> {
  const present = new Set(await readdir(source));
  const names = TOKENIZER_FILES.filter((name) => present.has(name));
  return Promise.all(
    names.map(async (name) => writeSmallFile(directory, name, await readSmallFile(path.join(source, name)))),
  );
}

/** Of a tokenizer file that could not be read the tokenizer may not have told: some are only copied. */
async function readSmallFile(file: string): Promise<Uint8Array> {
  const { handle, sizeBytes } = await openFile(file, 'download it again');
  try {
    const bytes = new Uint8Array(sizeBytes);
    await readFully(file, handle, bytes, 0);
    return bytes;
  } finally {
    await handle.close();
  }
}

async function writeSmallFile(directory: string, name: string, bytes: Uint8Array): Promise<WrittenFile> {
  await writeFile(path.join(directory, name), bytes, { flush: true });
  return { name, bytes: bytes.byteLength, sha256: createHash('sha256').update(bytes).digest('hex') };
}
