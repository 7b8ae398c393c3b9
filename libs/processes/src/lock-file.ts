import { createHash, randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { TesseraError } from '@tessera/contracts';
import {
  describeProcess,
  isRunning,
  parseProcessReference,
  type ProcessReference,
} from './process-reference.js';

/** A takeover is a few file operations. */
const TAKEOVER_RETRY_MS = 10;

/** Another live process holds the lock. */
export class LockHeldError extends TesseraError {
  readonly code = 'service_unavailable';
  constructor(
    readonly path: string,
    readonly owner: ProcessReference,
  ) {
    super(`${path} is held by process ${owner.pid}, which is still running`);
  }
}

export interface LockFile {
  readonly path: string;
  /** Deletes the file, if it is still ours. */
  release(): Promise<void>;
}

/**
 * Makes `path` a lock of this process: its content is this process's {@link ProcessReference} as JSON.
 * A lock whose owner is gone (killed, or the machine was restarted) is replaced.
 * @throws LockHeldError when its owner is alive.
 */
export async function acquireLockFile(path: string): Promise<LockFile> {
  const content = JSON.stringify(thisProcess());
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, content, { flag: 'wx' });
  try {
    // A link appears complete or not at all, so nobody ever reads a half-written lock.
    while (!(await linked(draft, path)) && !(await replacedAbandoned(draft, path)));
  } finally {
    await rm(draft, { force: true });
  }
  return {
    path,
    release: async () => {
      if ((await readIfThere(path)) === content) await rm(path, { force: true });
    },
  };
}

/** Puts `draft` in the place of a lock whose owner is gone; false when the lock changed meanwhile. */
async function replacedAbandoned(draft: string, path: string): Promise<boolean> {
  const abandoned = await readIfThere(path);
  if (abandoned === undefined) return false;
  const owner = parseOwner(abandoned);
  if (owner !== undefined && isRunning(owner)) throw new LockHeldError(path, owner);
  // Only who holds the lock on this very content may replace it, so two takers never both succeed.
  const takeover = await acquireTakeover(
    `${path}.${createHash('sha256').update(abandoned).digest('hex').slice(0, 16)}`,
  );
  if (takeover === undefined) return false;
  try {
    if ((await readIfThere(path)) !== abandoned) return false;
    await rename(draft, path);
    return true;
  } finally {
    await takeover.release();
  }
}

/** The lock at `path`, or undefined, after a short wait, when another process is taking over right now. */
async function acquireTakeover(path: string): Promise<LockFile | undefined> {
  try {
    return await acquireLockFile(path);
  } catch (error) {
    if (!(error instanceof LockHeldError)) throw error;
    await delay(TAKEOVER_RETRY_MS);
    return undefined;
  }
}

function thisProcess(): ProcessReference {
  const reference = describeProcess(process.pid);
  if (reference === undefined)
    throw new Error(`cannot read the start time of our own process ${process.pid}`);
  return reference;
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function parseOwner(content: string): ProcessReference | undefined {
  try {
    return parseProcessReference(JSON.parse(content));
  } catch (error) {
    // A damaged lock (a full disk, a crash of the machine) has no owner who could be alive.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
