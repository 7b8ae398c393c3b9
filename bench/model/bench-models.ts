import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { convertModel, type WeightOptions } from '@tessera/converter';
import { writeRandomCheckpoint } from '../../tools/random-checkpoint/write-random-checkpoint.js';
import { type BenchShape } from './bench-shapes.js';

/** Converts a random checkpoint of this shape in a temporary folder, for as long as `use` runs. */
export async function withRandomModel<T>(
  shape: BenchShape,
  use: (modelDirectory: string, directory: string) => Promise<T>,
  weights: WeightOptions = { precision: 'fp32' },
): Promise<T> {
  const directory = await mkdtemp(path.join(tmpdir(), 'tessera-bench-'));
  try {
    const checkpoint = path.join(directory, 'checkpoint');
    await writeRandomCheckpoint({ output: checkpoint, shape });
    const modelDirectory = path.join(directory, 'model');
    await convertModel({ source: checkpoint, output: modelDirectory, id: 'random', ...weights });
    await rm(checkpoint, { recursive: true });
    return await use(modelDirectory, directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}
