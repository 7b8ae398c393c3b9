import { statfs } from 'node:fs/promises';
import { formatBytes } from '../../terminal/format.js';
import { type Check } from '../check.js';
import { nearestExisting, tryToWrite } from './writable-folder.js';

const SCARCE_BYTES = 2_000_000_000;

/** The folder that everything is kept in. It need not be there yet, but its place must be writable. */
export const dataFolderCheck: Check = {
  name: 'data folder',
  run: async ({ config }) => {
    const { directory } = config.data;
    const existing = await nearestExisting(directory);
    const failure = await tryToWrite(existing);
    if (failure !== undefined) {
      return {
        status: 'broken',
        summary: `${directory} cannot be written: ${failure.message}`,
        remedy: 'give this user the right to, or set TESSERA_DATA_DIR',
        facts: { directory, writable: false },
      };
    }
    const { bavail, bsize } = await statfs(existing);
    const freeBytes = bavail * bsize;
    const facts = { directory, writable: true, exists: existing === directory, free_bytes: freeBytes };
    const summary = `${directory} can be written, ${formatBytes(freeBytes)} free`;
    if (freeBytes >= SCARCE_BYTES) return { status: 'ok', summary, facts };
    return {
      status: 'warning',
      summary,
      remedy: 'make room: converted models, images and answers go there',
      facts,
    };
  },
};
