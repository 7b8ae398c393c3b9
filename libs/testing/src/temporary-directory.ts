import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TemporaryDirectory {
  readonly path: string;
  /** Deletes the folder with all it holds. */
  remove(): Promise<void>;
}

/** Makes an empty folder of the test's own under the system's temporary folder. */
export async function temporaryDirectory(name = 'tessera-test'): Promise<TemporaryDirectory> {
  const path = await mkdtemp(join(tmpdir(), `${name}-`));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}
