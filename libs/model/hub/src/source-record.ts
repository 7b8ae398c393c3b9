import { writeFileAtomically } from '@tessera/download';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** Name of the file in a checkpoint's folder that tells where it came from. */
export const SOURCE_RECORD_FILE = '.tessera-source.json';

const recordSchema = z.object({
  endpoint: z.string(),
  repository: z.string(),
  /** As it was asked for: a branch, a tag or a commit. */
  revision: z.string(),
  commit: z.string(),
  /** False while files are still to come. */
  complete: z.boolean(),
  files: z.array(z.string()),
});

/** Where a checkpoint's folder came from. */
export type SourceRecord = z.output<typeof recordSchema>;

/** The record of a folder; undefined where there is none, or one that cannot be read. */
export async function readSourceRecord(directory: string): Promise<SourceRecord | undefined> {
  try {
    const json: unknown = JSON.parse(await readFile(join(directory, SOURCE_RECORD_FILE), 'utf8'));
    return recordSchema.safeParse(json).data;
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (isMissing || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Puts the record into the folder, in the place of the one that is there. */
export async function writeSourceRecord(directory: string, record: SourceRecord): Promise<void> {
  const text = `${JSON.stringify(record, undefined, 2)}\n`;
  await writeFileAtomically(join(directory, SOURCE_RECORD_FILE), text);
}
