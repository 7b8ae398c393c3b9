import { execFile } from 'node:child_process';
import { mkdir, rm, statfs, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const SIZE_BYTES = 512 * 1024 ** 2;
/** Room that is left for what is written while the volume shrinks; it is filled at once. */
const MARGIN_BYTES = 256 * 1024;

/** A small file system of its own, for an object store or a converted model, which can be made full. */
export class StoreVolume {
  private constructor(
    readonly directory: string,
    private readonly sizeBytes: number,
    /** Why it cannot be made full, where it cannot. */
    readonly unavailable: string | undefined,
  ) {}

  /** Mounts a small file system in memory on `directory`, where the system lets us. */
  static async mount(directory: string, sizeBytes = SIZE_BYTES): Promise<StoreVolume> {
    await mkdir(directory, { recursive: true });
    try {
      await run('mount', ['-t', 'tmpfs', '-o', `size=${sizeBytes}`, 'tmpfs', directory]);
      return new StoreVolume(directory, sizeBytes, undefined);
    } catch (error) {
      return new StoreVolume(directory, sizeBytes, error instanceof Error ? error.message : String(error));
    }
  }

  /** Leaves no room for another object. */
  async fill(): Promise<void> {
    const { blocks, bfree, bsize } = await statfs(this.directory);
    const usedBytes = (blocks - bfree) * bsize;
    await run('mount', ['-o', `remount,size=${usedBytes + MARGIN_BYTES}`, this.directory]);
    const outcome = await writeFile(this.filler, new Uint8Array(2 * MARGIN_BYTES)).then(
      () => 'written',
      (error: unknown) => (error as NodeJS.ErrnoException).code,
    );
    if (outcome !== 'ENOSPC') throw new Error(`the volume was to be full, and a write ended with ${outcome}`);
  }

  /** Gives the room back. */
  async empty(): Promise<void> {
    await run('mount', ['-o', `remount,size=${this.sizeBytes}`, this.directory]);
    await rm(this.filler, { force: true });
  }

  async unmount(): Promise<void> {
    if (this.unavailable === undefined) await run('umount', [this.directory]);
  }

  private get filler(): string {
    return path.join(this.directory, 'filler');
  }
}
