import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { TesseraError } from '@tessera/contracts';
import { OutputFailedError } from '../errors.js';
import { type ResultsOptions } from './batch-options.js';
import { hasEnded, type ServiceBatch } from './batch-schema.js';
import { NoResultsError } from './errors.js';
import { interruptible } from './interruptible.js';
import { serviceOf } from './service-of.js';

/** Writes the output file of a batch, or its error file, or what there is so far of either, to a file or standard output. */
export function runResults(id: string, options: ResultsOptions): Promise<void> {
  return interruptible(async (signal) => {
    const { client } = serviceOf(options, signal);
    const content =
      options.partial === true
        ? await client.openLinesSoFar(id, options.errors === true ? 'errors' : 'output')
        : await client.openFile(fileOf(await client.get(id), options));
    if (options.output === undefined) await pipeline(content, process.stdout, { end: false, signal });
    else await writeWhole(resolve(options.output), content, signal);
  });
}

/** @throws {NoResultsError} */
function fileOf(batch: ServiceBatch, { errors }: ResultsOptions): string {
  const fileId = errors === true ? batch.error_file_id : batch.output_file_id;
  if (fileId != null) return fileId;
  if (!hasEnded(batch)) throw new NoResultsError(batch.id, `no results yet: it is ${batch.status}`);
  if (batch.status === 'failed') {
    throw new NoResultsError(batch.id, 'no results: its input is not valid (see tessera batch status)');
  }
  throw new NoResultsError(
    batch.id,
    errors === true ? 'no error file: no row failed' : 'no output file: no row succeeded (see --errors)',
  );
}

/** The file appears under its name only when all of it is there. */
async function writeWhole(
  path: string,
  content: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  const unfinished = `${path}.part`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await pipeline(content, createWriteStream(unfinished), { signal });
    await rename(unfinished, path);
  } catch (cause) {
    await rm(unfinished, { force: true });
    if (cause instanceof TesseraError || signal.aborted) throw cause;
    throw new OutputFailedError(path, cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
