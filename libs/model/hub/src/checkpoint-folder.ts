import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  beginHash,
  hashFile,
  PARTIAL_SUFFIXES,
  type ProgressTally,
  type RemoteFile,
  runAll,
} from '@tessera/download';
import { isPlainName } from './choose-files.js';
import { TargetTakenError } from './errors.js';
import { readSourceRecord, type SourceRecord, writeSourceRecord } from './source-record.js';

/** Reading is bound by the disk and by one core that hashes. */
const FILES_CHECKED_AT_A_TIME = 2;

export interface ExpectedContent {
  readonly directory: string;
  readonly files: readonly RemoteFile[];
  readonly tally: ProgressTally;
  readonly signal: AbortSignal;
}

/**
 * The files that are not there, or are not what the hub lists.
 * @param mayReplace whether the folder is ours, so that other content may be replaced
 * @throws TargetTakenError when a file that is not ours would be overwritten
 */
export async function findMissingFiles(content: ExpectedContent, mayReplace: boolean): Promise<RemoteFile[]> {
  const { directory, files, tally, signal } = content;
  const missing = new Set<RemoteFile>();
  const options = { concurrency: FILES_CHECKED_AT_A_TIME, signal };
  await runAll(files, options, async (file, signal) => {
    const state = await inspectFile(directory, file, (bytes) => tally.received(file.path, bytes), signal);
    if (state === 'other' && !mayReplace)
      throw new TargetTakenError(directory, `holds another ${file.path}, which did not come from a hub`);
    if (state === 'right') tally.finished(file);
    else missing.add(file);
  });
  return files.filter((file) => missing.has(file));
}

/**
 * Whether what the folder holds may be replaced by files of `repository`: it came from there, or `force` says so.
 * @throws TargetTakenError when it came from elsewhere
 */
export async function mayReplaceFiles(
  directory: string,
  repository: string,
  force: boolean,
): Promise<boolean> {
  const record = await readSourceRecord(directory);
  if (force) return true;
  if (record === undefined) return false;
  if (record.repository === repository) return true;
  throw new TargetTakenError(directory, `holds ${record.repository}`);
}

/** Notes that files of `record` are about to arrive, and removes those that only an earlier commit had. */
export async function beginReplacing(directory: string, record: SourceRecord): Promise<void> {
  const before = await readSourceRecord(directory);
  const leftOver = (before?.files ?? []).filter((file) => !record.files.includes(file) && isPlainName(file));
  await writeSourceRecord(directory, { ...record, complete: false, files: [...record.files, ...leftOver] });
  for (const file of leftOver) {
    for (const suffix of ['', ...PARTIAL_SUFFIXES]) await rm(join(directory, file + suffix), { force: true });
  }
}

async function inspectFile(
  directory: string,
  { path, bytes, checksum }: RemoteFile,
  onBytes: (count: number) => void,
  signal: AbortSignal,
): Promise<'absent' | 'right' | 'other'> {
  const file = join(directory, path);
  const found = await stat(file).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (found === undefined) return 'absent';
  if (!found.isFile() || found.size !== bytes) return 'other';
  const hash = beginHash(checksum, bytes);
  await hashFile(file, hash, { signal, onBytes });
  return hash.digest('hex') === checksum.hex ? 'right' : 'other';
}
