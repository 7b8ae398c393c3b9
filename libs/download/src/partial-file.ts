import { type Hash } from 'node:crypto';
import { type FileHandle, open, readFile, rename, rm } from 'node:fs/promises';
import { z } from 'zod';
import { beginHash, type Checksum, describeChecksum, hashFile } from './checksum.js';
import { toDiskFull } from './disk-full.js';
import { writeFileAtomically } from './write-file-atomically.js';

/** What a partial file is a part of. Without this beside it nothing is continued. */
const originSchema = z.object({ checksum: z.string(), etag: z.string().optional() });

/** What the name of a file on its way ends in. */
export const PARTIAL_SUFFIX = '.partial';
const ORIGIN = '.partial.json';

/** Names of what may lie beside a file that has not arrived in full. */
export const PARTIAL_SUFFIXES = [PARTIAL_SUFFIX, ORIGIN];

export interface PartialFileOptions {
  /** Where the file goes once it is complete. */
  readonly target: string;
  readonly bytes: number;
  readonly checksum: Checksum;
  readonly signal: AbortSignal;
}

/** A file on its way: `FILE.partial`, hashed as it grows, and renamed when it is complete and right. */
export class PartialFile {
  private hash: Hash;
  private length = 0;
  private etagInUse: string | undefined;

  private constructor(
    private readonly options: PartialFileOptions,
    private readonly handle: FileHandle,
  ) {
    this.hash = beginHash(options.checksum, options.bytes);
  }

  /** Takes up what an earlier run left of the very same content, or begins anew. */
  static async open(options: PartialFileOptions): Promise<PartialFile> {
    const origin = await readOrigin(options.target);
    const isSame = origin?.checksum === describeChecksum(options.checksum);
    // Appending, so that what is written after a restart begins at the beginning.
    const handle = await open(options.target + PARTIAL_SUFFIX, 'a');
    const partial = new PartialFile(options, handle);
    try {
      if (isSame) await partial.rehash(origin.etag);
      else await handle.truncate(0);
    } catch (error) {
      await handle.close();
      options.signal.throwIfAborted();
      throw error;
    }
    return partial;
  }

  /** Bytes that have arrived. */
  get bytes(): number {
    return this.length;
  }

  /** The strong entity tag that the bytes so far were served under, if there was one. */
  get etag(): string | undefined {
    return this.etagInUse;
  }

  /** Forgets what has arrived. What follows is served under `etag`. */
  async restart(etag: string | undefined): Promise<void> {
    await this.handle.truncate(0);
    this.length = 0;
    this.hash = beginHash(this.options.checksum, this.options.bytes);
    this.etagInUse = etag;
    const origin = {
      checksum: describeChecksum(this.options.checksum),
      ...(etag === undefined ? {} : { etag }),
    };
    await this.writing(() => writeFileAtomically(this.options.target + ORIGIN, JSON.stringify(origin)));
  }

  async append(chunk: Buffer): Promise<void> {
    await this.writing(() => this.handle.appendFile(chunk));
    this.hash.update(chunk);
    this.length += chunk.length;
  }

  /** The checksum of what has arrived. */
  get checksum(): Checksum {
    return { algorithm: this.options.checksum.algorithm, hex: this.hash.copy().digest('hex') };
  }

  /** Whether what has arrived is all, and right. */
  get isRight(): boolean {
    return this.length === this.options.bytes && this.checksum.hex === this.options.checksum.hex;
  }

  /** Puts the file in its place. */
  async finish(): Promise<void> {
    await this.writing(() => this.handle.sync());
    await rename(this.options.target + PARTIAL_SUFFIX, this.options.target);
    await rm(this.options.target + ORIGIN, { force: true });
  }

  /** Deletes what has arrived. */
  async discard(): Promise<void> {
    for (const suffix of PARTIAL_SUFFIXES) await rm(this.options.target + suffix, { force: true });
  }

  async close(): Promise<void> {
    await this.handle.close();
  }

  private async rehash(etag: string | undefined): Promise<void> {
    const { target, signal } = this.options;
    this.length = await hashFile(target + PARTIAL_SUFFIX, this.hash, { signal });
    this.etagInUse = etag;
  }

  private async writing(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (cause) {
      throw toDiskFull(this.options.target, cause);
    }
  }
}

async function readOrigin(target: string): Promise<z.output<typeof originSchema> | undefined> {
  const text = await readFile(target + ORIGIN, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const outcome = originSchema.safeParse(parseJson(text));
  return outcome.data;
}

/** A damaged note of the origin is no reason to stop: the file is begun anew. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
