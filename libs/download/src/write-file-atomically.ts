import { open, rename, rm } from 'node:fs/promises';

/** Writes a small file in one go: whoever reads it finds the old content or the new one, never a part. */
export async function writeFileAtomically(file: string, content: string): Promise<void> {
  const draft = `${file}.new`;
  try {
    const handle = await open(draft, 'w');
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
