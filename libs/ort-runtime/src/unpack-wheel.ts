import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { crc32 } from 'node:zlib';
import { TesseraError } from '@tessera/contracts';
import { toDiskFull } from '@tessera/download';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { WheelContentError } from './errors.js';
import { type PinnedWheel, type WheelFile } from './runtime-build.js';

export interface UnpackOptions {
  /** Path of the wheel, whose checksum is known to be right. */
  readonly file: string;
  /** Folder that the files go into, under their targets. */
  readonly directory: string;
  readonly signal: AbortSignal;
  readonly onBytes: (target: string, count: number) => void;
}

/**
 * Unpacks the pinned files of a wheel, as streams. What a wheel calls its files decides nothing: they go where the table
 * says, and everything else in it stays there.
 * @throws WheelContentError; DiskFullError; the signal's reason
 */
export async function unpackWheel(wheel: PinnedWheel, options: UnpackOptions): Promise<void> {
  const wanted = new Map(wheel.files.map((file) => [file.entry, file]));
  const missing = new Set(wanted.keys());
  await reading(wheel, options.signal, async () => {
    // Names that lead out of a folder are refused as well, although none of them would be used.
    const zip = await openPromise(options.file, { strictFileNames: true });
    try {
      for await (const entry of zip.eachEntry()) {
        const file = wanted.get(entry.fileName);
        if (file === undefined) continue;
        if (!missing.delete(file.entry))
          throw new WheelContentError(wheel.fileName, `it holds ${file.entry} twice`);
        checkSize(wheel, file, entry);
        await unpackFile({ zip, entry, file }, options);
      }
    } finally {
      zip.close();
    }
  });
  for (const entry of missing) throw new WheelContentError(wheel.fileName, `it holds no ${entry}`);
}

function checkSize({ fileName }: PinnedWheel, { entry, bytes }: WheelFile, given: Entry): void {
  if (given.uncompressedSize === bytes) return;
  const sizes = `${given.uncompressedSize} bytes, ${bytes} are pinned`;
  throw new WheelContentError(fileName, `${entry} has ${sizes}`);
}

async function unpackFile(
  { zip, entry, file }: { zip: ZipFile; entry: Entry; file: WheelFile },
  { directory, signal, onBytes }: UnpackOptions,
): Promise<void> {
  const target = join(directory, file.target);
  await mkdir(dirname(target), { recursive: true });
  let checksum = 0;
  const counted = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      checksum = crc32(chunk, checksum);
      onBytes(file.target, chunk.length);
      yield chunk;
    }
  };
  const content = await zip.openReadStreamPromise(entry);
  const output = createWriteStream(target, { flags: 'wx', flush: true });
  await pipeline(content, counted, output, { signal }).catch((error: unknown) => {
    throw toDiskFull(target, error);
  });
  if (checksum !== entry.crc32) throw new Error(`the checksum of ${file.entry} is wrong`);
}

/** Failures of the system stay what they are; the others tell what is wrong with the zip file. */
async function reading(
  { fileName }: PinnedWheel,
  signal: AbortSignal,
  read: () => Promise<void>,
): Promise<void> {
  try {
    await read();
  } catch (cause) {
    signal.throwIfAborted();
    if (!(cause instanceof Error) || cause instanceof TesseraError || 'syscall' in cause) throw cause;
    throw new WheelContentError(fileName, cause.message, { cause });
  }
}
