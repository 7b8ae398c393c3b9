import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type ConversionProgress, convertModel, InvalidWeightOptionError } from '@tessera/converter';
import { formatBytes } from '../terminal/format.js';
import { ProgressBar } from '../terminal/progress-bar.js';
import { exitOnStop } from '../up/stop-signals.js';
import { OutputNotEmptyError } from './errors.js';
import { type ConvertCommandOptions } from './model-command.js';

/**
 * Converts a checkpoint, telling its progress on standard error and the result on standard output.
 * @param refuseOptions ends the command over options that do not go together.
 */
export async function runConvert(
  directory: string,
  options: ConvertCommandOptions,
  refuseOptions: (message: string) => never,
): Promise<void> {
  const { output: place, force, ...weights } = options;
  const output = resolve(place);
  if (force !== true && (await isFilled(output))) throw new OutputNotEmptyError(output);
  const bar = new ProgressBar();
  const release = exitOnStop();
  try {
    const manifest = await convertModel({
      source: directory,
      output,
      ...weights,
      onProgress: report(bar),
    });
    const bytes = Object.values(manifest.files).reduce((sum, file) => sum + file.bytes, 0);
    bar.clear();
    process.stdout.write(
      `${output}: ${manifest.id}, ${manifest.precision}, revision ${manifest.revision}, ${formatBytes(bytes)}\n`,
    );
  } catch (error) {
    if (error instanceof InvalidWeightOptionError) refuseOptions(error.message);
    throw error;
  } finally {
    release();
    bar.clear();
  }
}

/** Whether a folder with something in it is at the place of the output. Of a file the converter says that it is in the way. */
async function isFilled(output: string): Promise<boolean> {
  try {
    return (await readdir(output)).length > 0;
  } catch (error) {
    if (error instanceof Error && 'code' in error && ['ENOENT', 'ENOTDIR'].includes(String(error.code)))
      return false;
    throw error;
  }
}

function report(bar: ProgressBar): (progress: ConversionProgress) => void {
  return ({ graph, bytesWritten, bytesTotal }) =>
    bar.update({ label: 'converting', done: bytesWritten, total: bytesTotal, note: graph });
}
