import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type OutputRoom } from '@tessera/datasets';
import { acquireLockFile, LockHeldError, type LockFile } from '@tessera/processes';
import { OutputInUseError } from './errors.js';

/**
 * One run writes an output at a time. The lock of a run that was killed is taken over. In S3 nobody can tell whether the
 * machine that has a lock is still there, so there is none.
 * @throws {OutputInUseError}
 */
export async function lockOutput({ uri, localFolder, name }: OutputRoom): Promise<LockFile | undefined> {
  if (localFolder === undefined) return undefined;
  const folder = join(localFolder, '.tessera', 'runs');
  await mkdir(folder, { recursive: true });
  try {
    return await acquireLockFile(join(folder, `${name}.lock`));
  } catch (cause) {
    if (cause instanceof LockHeldError) throw new OutputInUseError(uri, cause.owner.pid, { cause });
    throw cause;
  }
}
