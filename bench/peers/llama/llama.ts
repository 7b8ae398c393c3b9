import path from 'node:path';
import { type LanguageShape } from '../../../tools/random-checkpoint/checkpoint-shape.js';
import { type Contestant } from '../measurement.js';
import { runChild } from '../run-child.js';
import { writeRandomGguf } from './write-random-gguf.js';

const SCRIPT = path.join(import.meta.dirname, 'measure-llama.js');

/** llama.cpp with a language model of this shape in 4 and in 8 bits, whose files are written to `directory`. */
export async function listLlama(
  packageDirectory: string,
  shape: LanguageShape,
  directory: string,
): Promise<Contestant[]> {
  const contestants: Contestant[] = [];
  for (const format of ['Q8_0', 'Q4_0'] as const) {
    const file = path.join(directory, `${format}.gguf`);
    await writeRandomGguf(file, shape, format);
    contestants.push({
      name: `llama.cpp ${format}`,
      side: 'llama',
      measure: (work) =>
        runChild(process.execPath, [SCRIPT, path.resolve(packageDirectory), file, JSON.stringify(work)]),
    });
  }
  return contestants;
}
