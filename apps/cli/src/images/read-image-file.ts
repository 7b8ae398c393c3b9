import { type FileHandle, open } from 'node:fs/promises';
import { ImageFileMissingError, ImageFileTooLargeError, ImageFileUnreadableError } from './errors.js';

/**
 * The bytes of an image file. Its size is checked first, so that a huge file is never read.
 * @throws {ImageFileMissingError | ImageFileUnreadableError | ImageFileTooLargeError}
 */
export async function readImageFile(path: string, maxBytes: number): Promise<Uint8Array> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    const status = await file.stat();
    if (!status.isFile()) throw new ImageFileUnreadableError(path, 'it is not a regular file');
    if (status.size > maxBytes) throw new ImageFileTooLargeError(path, status.size, maxBytes);
    return await file.readFile();
  } catch (error) {
    throw toImageFileError(path, error);
  } finally {
    await file?.close();
  }
}

function toImageFileError(path: string, cause: unknown): unknown {
  if (!(cause instanceof Error) || !('syscall' in cause) || !('code' in cause)) return cause;
  if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') return new ImageFileMissingError(path, { cause });
  return new ImageFileUnreadableError(path, String(cause.code), { cause });
}
