import { hash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FilePlace } from '../source.js';

/**
 * Images on the disk until their shard is written, of records that cannot be read again: those within a list, and those
 * behind URLs, for outputs that have the image beside its caption.
 */
export class KeptImages {
  /** @param folder is made when it is needed, and removed at the end */
  constructor(private readonly folder: string) {}

  async keep(shard: string, key: string, bytes: Uint8Array): Promise<FilePlace> {
    const path = join(this.folder, shard, hash('sha256', key, 'hex'));
    await mkdir(join(this.folder, shard), { recursive: true });
    await writeFile(path, bytes);
    return { kind: 'file', path };
  }

  async drop(shard: string): Promise<void> {
    await rm(join(this.folder, shard), { recursive: true, force: true });
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
