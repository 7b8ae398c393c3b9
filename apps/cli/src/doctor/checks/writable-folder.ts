import { access, mkdtemp, rmdir } from 'node:fs/promises';
import path from 'node:path';

/** The folder itself, or the nearest one above it that is there already. */
export async function nearestExisting(directory: string): Promise<string> {
  const exists = await access(directory).then(
    () => true,
    () => false,
  );
  const parent = path.dirname(directory);
  return exists || parent === directory ? directory : nearestExisting(parent);
}

/** @returns why it is impossible; permissions alone do not tell, least of all root. */
export async function tryToWrite(directory: string): Promise<Error | undefined> {
  try {
    await rmdir(await mkdtemp(path.join(directory, '.tessera-doctor-')));
    return undefined;
  } catch (error) {
    return error as Error;
  }
}
