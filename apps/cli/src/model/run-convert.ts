import { mkdir, readdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { convertModel, type ConvertOptions, type Precision, PRECISIONS } from '@tessera/converter';
import { formatBytes, formatCount } from '../terminal/format.js';
import { createStatusLine, type StatusLine } from '../terminal/status-line.js';
import { OutputNotEmptyError, UnsupportedPrecisionError } from './errors.js';
import { type ConvertCommandOptions } from './model-command.js';

/** Converts a checkpoint, telling its progress on standard error and the result on standard output. */
export async function runConvert(directory: string, options: ConvertCommandOptions): Promise<void> {
  const precision = parsePrecision(options.precision);
  const output = resolve(options.output);
  if (options.force !== true && (await isFilled(output))) throw new OutputNotEmptyError(output);
  await mkdir(dirname(output), { recursive: true });
  const status = createStatusLine();
  try {
    const manifest = await convertModel({ source: directory, output, precision, onProgress: report(status) });
    const bytes = Object.values(manifest.files).reduce((sum, file) => sum + file.bytes, 0);
    status.clear();
    process.stdout.write(
      `${output}: ${manifest.id}, ${precision}, revision ${manifest.revision}, ${formatBytes(bytes)}\n`,
    );
  } finally {
    status.clear();
  }
}

function parsePrecision(text: string): Precision {
  const precision = PRECISIONS.find((known) => known === text);
  if (precision === undefined) throw new UnsupportedPrecisionError(text, PRECISIONS);
  return precision;
}

/** Whether something is at the place of the output. What cannot be listed, such as a file, counts as something. */
async function isFilled(output: string): Promise<boolean> {
  try {
    return (await readdir(output)).length > 0;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}

function report(status: StatusLine): NonNullable<ConvertOptions['onProgress']> {
  return (graph, { weightsWritten, weightCount, bytesWritten }) => {
    const weights = `${formatCount(weightsWritten)}/${formatCount(weightCount)} weights`;
    status.update(`converting ${graph}: ${weights}, ${formatBytes(bytesWritten)}`);
  };
}
