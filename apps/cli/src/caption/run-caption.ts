import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type Config, loadConfig } from '@tessera/config';
import { acquireLockFile, LockHeldError, type LockFile } from '@tessera/processes';
import { createStatusLine, type StatusLine } from '../terminal/status-line.js';
import { captionFolder } from './caption-folder.js';
import { type CaptionOptions } from './caption-command.js';
import { type Captioner } from './captioner.js';
import { FolderUnreadableError, OutputInUseError } from './errors.js';
import { FinishedImages } from './finished-images.js';
import { RowFile } from './row-file.js';

/** Captions a folder into a file, in this process or, with `--url`, through a service. */
export async function runCaption(folder: string, options: CaptionOptions): Promise<void> {
  const config = loadConfig();
  await checkFolder(folder);
  const output = resolve(options.output);
  const lock = await lockOutput(output);
  try {
    const status = createStatusLine();
    const captioner = await openCaptioner(config, options, status);
    try {
      await captionInto(output, { folder: resolve(folder), options, captioner, status });
    } finally {
      await captioner.close();
    }
  } finally {
    await lock.release();
  }
}

interface CaptionRun {
  readonly folder: string;
  readonly options: CaptionOptions;
  readonly captioner: Captioner;
  readonly status: StatusLine;
}

async function captionInto(output: string, run: CaptionRun): Promise<void> {
  const { question, retryFailed, onExisting } = run.options;
  const identity = { prompt: question, model: run.captioner.model };
  const finished = new FinishedImages(identity, { retryFailed: retryFailed === true });
  const rows = await RowFile.open(output, {
    overwrite: onExisting === 'overwrite',
    onRow: (row) => finished.add(row),
  });
  try {
    await captionFolder({ ...run, rows, finished });
  } finally {
    await rows.close();
  }
}

async function openCaptioner(
  config: Config,
  options: CaptionOptions,
  status: StatusLine,
): Promise<Captioner> {
  if (options.url !== undefined) {
    const { ServiceCaptioner } = await import('./service-captioner.js');
    return ServiceCaptioner.open(options.url, config, options);
  }
  const { EngineCaptioner } = await import('./engine-captioner.js');
  return EngineCaptioner.open(config, options, (line) => status.print(line));
}

async function checkFolder(folder: string): Promise<void> {
  const status = await stat(folder).catch((cause: unknown) => {
    throw new FolderUnreadableError(folder, cause instanceof Error ? cause.message : String(cause), {
      cause,
    });
  });
  if (!status.isDirectory()) throw new FolderUnreadableError(folder, 'it is no folder');
}

/** One run writes an output at a time. The lock of a run that was killed is taken over. */
async function lockOutput(output: string): Promise<LockFile> {
  await mkdir(dirname(output), { recursive: true });
  try {
    return await acquireLockFile(`${output}.lock`);
  } catch (cause) {
    if (cause instanceof LockHeldError) throw new OutputInUseError(output, cause.owner.pid, { cause });
    throw cause;
  }
}
