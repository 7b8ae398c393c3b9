import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { acquireLockFile, isRunning, parseProcessReference } from '@tessera/processes';

const LOCK_ENDING = '.lock';

export interface ScratchFolder {
  readonly path: string;
  /** Removes it. */
  remove(): Promise<void>;
}

/** Makes a folder for what does not outlast this process, and removes those of processes that were killed. */
export async function makeScratchFolder(dataDirectory: string): Promise<ScratchFolder> {
  const root = join(dataDirectory, 'scratch');
  await mkdir(root, { recursive: true, mode: 0o700 });
  await removeAbandoned(root);
  const path = join(root, randomUUID());
  const lock = await acquireLockFile(`${path}${LOCK_ENDING}`);
  await mkdir(path);
  return {
    path,
    remove: async () => {
      await rm(path, { recursive: true, force: true });
      await lock.release();
    },
  };
}

async function removeAbandoned(root: string): Promise<void> {
  for (const name of await readdir(root)) {
    if (!name.endsWith(LOCK_ENDING)) continue;
    const lock = join(root, name);
    if (await isHeld(lock)) continue;
    await rm(lock.slice(0, -LOCK_ENDING.length), { recursive: true, force: true });
    await rm(lock, { force: true });
  }
}

async function isHeld(lock: string): Promise<boolean> {
  try {
    const owner = parseProcessReference(JSON.parse(await readFile(lock, 'utf8')));
    return owner !== undefined && isRunning(owner);
  } catch {
    // It has gone meanwhile, or a crash of the machine has damaged it: its owner is gone, too.
    return false;
  }
}
