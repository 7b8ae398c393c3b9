import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdir, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import {
  NotEnoughSpaceError,
  OutputContainsSourceError,
  OutputExistsError,
  OutputNotWritableError,
} from './errors/index.js';
import { MANIFEST_FILE } from './manifest.js';
import { removeAbandoned, temporaryPlace } from './temporary-directories.js';

/** Quotas and full file systems. */
const FULL_DISK_CODES = ['ENOSPC', 'EDQUOT'];

/**
 * Only an absent directory, an empty one, or a converted model may be replaced, and not while the checkpoint is in it.
 * Throws {@link OutputExistsError} and {@link OutputContainsSourceError}.
 */
export async function refuseForeignOutput(output: string, source: string): Promise<void> {
  let entries: string[];
  try {
    entries = await readdir(output);
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') return;
    throw new OutputExistsError(output, { cause: error });
  }
  if (entries.length === 0) return;
  if (!entries.includes(MANIFEST_FILE)) throw new OutputExistsError(output);
  const fromOutput = path.relative(await realpath(output), await realpath(source).catch(() => source));
  if (!fromOutput.startsWith('..') && !path.isAbsolute(fromOutput)) {
    throw new OutputContainsSourceError(output, source);
  }
}

/**
 * Has a directory written beside `output`, which then takes its place: whole or not at all, and until then what was there
 * stays. Nothing else stays, not even where the process exits meanwhile; what a killed one left is removed by a later one.
 * Throws {@link NotEnoughSpaceError} and {@link OutputNotWritableError}.
 * @param neededBytes of what will be written, for the message.
 */
export async function writeWhole<T>(
  output: string,
  neededBytes: number,
  write: (staging: string) => Promise<T>,
): Promise<T> {
  const staging = temporaryPlace(output, 'partial');
  const removeAtExit = () => rmSync(staging, { recursive: true, force: true });
  process.once('exit', removeAtExit);
  try {
    await makeDirectory(staging);
    await removeAbandoned(path.dirname(output), path.basename(output));
    const result = await write(staging);
    await replaceDirectory(output, staging);
    return result;
  } catch (error) {
    throw explainWriteError(error, output, neededBytes);
  } finally {
    await rm(staging, { recursive: true, force: true });
    process.removeListener('exit', removeAtExit);
  }
}

/** With its parents. Not Node's `recursive`, which never returns from a file system that takes no directories, such as /proc. */
async function makeDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory);
  } catch (error) {
    const parent = path.dirname(directory);
    if (!isSystemError(error) || error.code !== 'ENOENT' || (await isThere(parent))) throw error;
    await makeDirectory(parent).catch(ignoreExisting);
    await mkdir(directory);
  }
}

/** Somebody else may make the same parents at the same time. */
function ignoreExisting(error: unknown): void {
  if (!isSystemError(error) || error.code !== 'EEXIST') throw error;
}

async function isThere(place: string): Promise<boolean> {
  return stat(place).then(
    () => true,
    () => false,
  );
}

/** The old directory is moved aside, not deleted first: whoever looks finds one of the two or, for a moment, none; never a part. */
async function replaceDirectory(output: string, fresh: string): Promise<void> {
  const aside = `${output}.replaced-${randomUUID()}`;
  const wasThere = await moveIfThere(output, aside);
  try {
    await rename(fresh, output);
  } catch (error) {
    if (wasThere) await rename(aside, output);
    throw error;
  }
  await rm(aside, { recursive: true, force: true });
}

async function moveIfThere(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') return false;
    throw error;
  }
}

/** Faults of the source have errors of their own by now: what the system reports beside them is about the output. */
function explainWriteError(error: unknown, output: string, neededBytes: number): unknown {
  if (!isSystemError(error)) return error;
  return FULL_DISK_CODES.includes(error.code ?? '')
    ? new NotEnoughSpaceError(path.dirname(output), neededBytes, undefined, { cause: error })
    : new OutputNotWritableError(output, { cause: error });
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && 'syscall' in error;
}
