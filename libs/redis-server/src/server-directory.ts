import { mkdir, readFile, rm } from 'node:fs/promises';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  acquireLockFile,
  describeProcess,
  LockHeldError,
  parseProcessReference,
  type ProcessReference,
  terminateProcess,
} from '@tessera/processes';
import { RedisDirectoryInUseError } from './errors.js';

/** A server of a parent that is gone may be writing a large append-only file to the end. */
const LEFT_OVER_GRACE_MS = 30_000;

/** The folder of one private server. While it is claimed, no other server works in it. */
export interface ServerDirectory {
  readonly path: string;
  /** Notes which process works here, so that a later owner finds it should we be killed. */
  recordServer(pid: number): void;
  /** To be called once the server has ended. */
  release(): Promise<void>;
}

/**
 * Makes `path` ours. A server that a killed owner left running there is ended first, because two servers must never
 * share an append-only file.
 * @throws RedisDirectoryInUseError when the owner is alive
 */
export async function claimServerDirectory(
  path: string,
  log: (line: string) => void,
): Promise<ServerDirectory> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const recordFile = join(path, 'server.json');
  const lock = await acquireLockFile(join(path, 'owner.lock')).catch(async (error: unknown) => {
    if (!(error instanceof LockHeldError)) throw error;
    const server = await readRecord(recordFile);
    throw new RedisDirectoryInUseError(path, server?.pid, error.owner.pid);
  });
  const leftOver = await readRecord(recordFile);
  if (leftOver !== undefined) await endLeftOver(leftOver, log);
  return {
    path,
    recordServer: (pid) => {
      // Written in the very turn that started the server, so that no crash of ours falls in between.
      writeFileSync(recordFile, JSON.stringify(describeProcess(pid) ?? {}));
    },
    release: async () => {
      await rm(recordFile, { force: true });
      await lock.release();
    },
  };
}

async function endLeftOver(server: ProcessReference, log: (line: string) => void): Promise<void> {
  const outcome = await terminateProcess(server, { graceMs: LEFT_OVER_GRACE_MS });
  if (outcome !== 'none') log(`ended Redis process ${server.pid}, left over by a run that was killed`);
}

async function readRecord(file: string): Promise<ProcessReference | undefined> {
  try {
    return parseProcessReference(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    // None yet, or cut short by a crash of the whole machine, which ended the server too.
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
