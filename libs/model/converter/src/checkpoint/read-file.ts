import { type FileHandle, lstat, open, readlink, stat } from 'node:fs/promises';
import { CheckpointFileInvalidError, CheckpointFileMissingError } from '../errors/index.js';

/** Text files of a checkpoint; the index of the largest released model has 0.2 MiB. */
const MAX_TEXT_BYTES = 64 * 1024 * 1024;

/** A file that is open for reading. */
export interface OpenFile {
  readonly handle: FileHandle;
  readonly sizeBytes: number;
}

/**
 * Opens a file of a checkpoint; links are followed, as the cache of a hub has them. Throws
 * {@link CheckpointFileMissingError} and {@link CheckpointFileInvalidError}.
 * @param whenMissing what to do about it when it is not there.
 */
export async function openFile(file: string, whenMissing: string): Promise<OpenFile> {
  try {
    const status = await stat(file);
    // Opening a pipe would wait for whoever writes to it.
    if (!status.isFile()) throw new CheckpointFileInvalidError(file, 'it is not a regular file');
    return { handle: await open(file, 'r'), sizeBytes: status.size };
  } catch (cause) {
    if (!isMissing(cause)) throw asInvalidFile(file, cause);
    throw new CheckpointFileMissingError(file, await explainMissing(file, whenMissing), { cause });
  }
}

/** Fills `into` from `position` on. Throws {@link CheckpointFileInvalidError}. */
export async function readFully(
  file: string,
  handle: FileHandle,
  into: Uint8Array,
  position: number,
): Promise<void> {
  for (let done = 0; done < into.byteLength;) {
    const { bytesRead } = await readSome(file, handle, into.subarray(done), position + done);
    if (bytesRead === 0) {
      throw new CheckpointFileInvalidError(file, `it ends after ${position + done} bytes; download it again`);
    }
    done += bytesRead;
  }
}

/** A JSON file of a checkpoint. Throws like {@link openFile}. */
export async function readJsonFile(file: string, whenMissing: string): Promise<unknown> {
  const text = await readTextFile(file, whenMissing);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CheckpointFileInvalidError(file, 'it is not JSON; download it again', { cause });
  }
}

/** A text file of a checkpoint, in UTF-8. Throws like {@link openFile}. */
export async function readTextFile(file: string, whenMissing: string): Promise<string> {
  const { handle, sizeBytes } = await openFile(file, whenMissing);
  try {
    if (sizeBytes > MAX_TEXT_BYTES) {
      throw new CheckpointFileInvalidError(
        file,
        `it has ${sizeBytes} bytes, at most ${MAX_TEXT_BYTES} are read`,
      );
    }
    const bytes = new Uint8Array(sizeBytes);
    await readFully(file, handle, bytes, 0);
    return decodeUtf8(file, bytes);
  } finally {
    await handle.close();
  }
}

function decodeUtf8(file: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new CheckpointFileInvalidError(file, 'it is not text in UTF-8; download it again', { cause });
  }
}

async function readSome(
  file: string,
  handle: FileHandle,
  into: Uint8Array,
  position: number,
): Promise<{ bytesRead: number }> {
  try {
    return await handle.read(into, 0, into.byteLength, position);
  } catch (cause) {
    throw asInvalidFile(file, cause);
  }
}

function asInvalidFile(file: string, cause: unknown): CheckpointFileInvalidError {
  if (cause instanceof CheckpointFileInvalidError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new CheckpointFileInvalidError(file, reason, { cause });
}

/** A link whose target is gone is what an interrupted download leaves in the cache of a hub. */
async function explainMissing(file: string, whenMissing: string): Promise<string> {
  const isLink = await lstat(file).then(
    (status) => status.isSymbolicLink(),
    () => false,
  );
  if (!isLink) return whenMissing;
  return `it is a link to ${await readlink(file)}, which does not exist; ${whenMissing}`;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
