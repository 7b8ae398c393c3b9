import { stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { DiskTooSmallError } from './errors.js';
import { type RemoteFile } from './remote-file.js';
import { PARTIAL_SUFFIX } from './partial-file.js';

/**
 * @param furtherBytes what else is about to be written there
 * @throws DiskTooSmallError when that and what is still to come of the files does not fit
 */
export async function checkDiskSpace(
  directory: string,
  missing: readonly RemoteFile[],
  furtherBytes = 0,
): Promise<void> {
  const needed = await Promise.all(missing.map((file) => bytesToCome(directory, file)));
  const neededBytes = needed.reduce((sum, bytes) => sum + bytes, furtherBytes);
  const { bavail, bsize, blocks } = await statfs(directory);
  // A file system that counts no blocks tells nothing.
  if (blocks > 0 && bavail * bsize < neededBytes)
    throw new DiskTooSmallError(directory, neededBytes, bavail * bsize);
}

async function bytesToCome(directory: string, { path, bytes }: RemoteFile): Promise<number> {
  const there = await stat(join(directory, path + PARTIAL_SUFFIX)).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { size: 0 };
    throw error;
  });
  return Math.max(0, bytes - there.size);
}
