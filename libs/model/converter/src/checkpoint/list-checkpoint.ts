import { readdir } from 'node:fs/promises';
import { CheckpointDirectoryError } from '../errors/index.js';

/** Names of a checkpoint's files. Throws {@link CheckpointDirectoryError} where there is no directory to list. */
export async function listCheckpoint(directory: string): Promise<ReadonlySet<string>> {
  try {
    return new Set(await readdir(directory));
  } catch (cause) {
    throw new CheckpointDirectoryError(directory, explain(cause), { cause });
  }
}

function explain(error: unknown): string {
  switch (error instanceof Error && 'code' in error ? error.code : undefined) {
    case 'ENOENT':
      return 'it does not exist; give the folder that a HuggingFace repository was downloaded to';
    case 'ENOTDIR':
      return 'it is a file; give the folder that it is in';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
