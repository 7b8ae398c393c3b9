import { randomUUID } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';

/** A conversion writes every few seconds; one that has not for this long was killed. */
const ABANDONED_AFTER_MS = 3_600_000;
const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const TEMPORARY = new RegExp(`^(?<base>.+?)\\.(?:new|partial)-${UUID}(?:\\.partial-${UUID})?$`);

/** A place beside `output` that nobody else takes: `partial` while it is written, `new` until it takes its place. */
export function temporaryPlace(output: string, stage: 'partial' | 'new'): string {
  return `${output}.${stage}-${randomUUID()}`;
}

/**
 * Removes what killed conversions have left in `parent`, those to one output or all. Conversions that go on, in this process
 * or elsewhere, are left alone.
 */
export async function removeAbandoned(parent: string, output?: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const base = TEMPORARY.exec(name)?.groups?.['base'];
    if (base === undefined || (output !== undefined && base !== output)) continue;
    const directory = path.join(parent, name);
    if (Date.now() - (await lastWrittenAt(directory)) > ABANDONED_AFTER_MS) {
      await rm(directory, { recursive: true, force: true });
    }
  }
}

/** Of a directory that is gone by now: this moment. */
async function lastWrittenAt(directory: string): Promise<number> {
  try {
    const places = [directory, ...(await readdir(directory)).map((name) => path.join(directory, name))];
    return Math.max(...(await Promise.all(places.map(async (place) => (await stat(place)).mtimeMs))));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return Date.now();
    throw error;
  }
}
