import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describeProcess } from '@tessera/processes';
import { hasCode } from './system-error.js';

/** No put lasts this long, so an older file is stale whoever made it. */
const MAX_AGE_MS = 24 * 3600 * 1000;
const NAME = /^(?<host>[0-9a-f]{12})-(?<pid>\d+)-(?<start>[0-9a-f]{12})-[0-9a-f-]{36}$/;

/** Files of unfinished puts. A name says which process of which machine writes it. */
export class TemporaryFiles {
  private readonly owner = ownerOf(process.pid);

  private constructor(private readonly folder: string) {}

  /** Makes the folder where it is missing, and removes what dead processes left in it. */
  static async open(folder: string): Promise<TemporaryFiles> {
    await mkdir(folder, { recursive: true });
    for (const name of await readdir(folder)) {
      const path = join(folder, name);
      if (await isStale(path, name)) await rm(path, { force: true, recursive: true });
    }
    return new TemporaryFiles(folder);
  }

  /** Writes a new file whose bytes are on the disk once resolved, and gives its path; a failure leaves none. */
  async write(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<string> {
    const path = join(this.folder, `${this.owner}-${randomUUID()}`);
    try {
      const file = await open(path, 'wx');
      try {
        for await (const chunk of chunks) await file.writeFile(chunk);
        await file.sync();
      } finally {
        await file.close();
      }
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
    return path;
  }
}

/** First part of the name of a file that process `pid` of this machine writes; undefined when there is no such process. */
function ownerOf(pid: number): string | undefined {
  const startedAt = describeProcess(pid)?.startedAt;
  return startedAt === undefined ? undefined : `${fingerprint(hostname())}-${pid}-${fingerprint(startedAt)}`;
}

async function isStale(path: string, name: string): Promise<boolean> {
  const { host, pid } = NAME.exec(name)?.groups ?? {};
  if (host === fingerprint(hostname()) && pid !== undefined) {
    const owner = ownerOf(Number(pid));
    if (owner === undefined || !name.startsWith(`${owner}-`)) return true;
  }
  try {
    return Date.now() - (await stat(path)).mtimeMs > MAX_AGE_MS;
  } catch (error) {
    // Its writer has just finished.
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

function fingerprint(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
