import { type FileHandle } from 'node:fs/promises';
import { CheckpointFileInvalidError } from '../errors/index.js';
import { openFile, readFully } from './read-file.js';
import { parseHeader, type TensorEntry } from './safetensors-header.js';

export {
  BYTES_PER_ELEMENT,
  isReadable,
  type TensorDataType,
  type TensorEntry,
} from './safetensors-header.js';

const LENGTH_FIELD_BYTES = 8;
/** The format's own limit. */
const MAX_HEADER_BYTES = 100 * 1024 * 1024;
/** What a repository cloned without Git LFS has in place of large files begins with, as a length field. */
const LFS_POINTER_LENGTH = new DataView(new TextEncoder().encode('version ').buffer).getBigUint64(0, true);

/**
 * One file of safetensors: an 8-byte little-endian header length, a JSON header, the tensors' bytes.
 * Format: https://github.com/huggingface/safetensors#format
 */
export class SafetensorsFile {
  private constructor(
    readonly file: string,
    private readonly handle: FileHandle,
    readonly tensors: ReadonlyMap<string, TensorEntry>,
  ) {}

  /** Reads and checks the header. Throws {@link CheckpointFileInvalidError} and {@link CheckpointFileMissingError}. */
  static async open(file: string): Promise<SafetensorsFile> {
    const { handle, sizeBytes } = await openFile(file, 'download the checkpoint again, with every shard');
    try {
      return new SafetensorsFile(file, handle, await readHeader(file, handle, sizeBytes));
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** `lengthBytes` bytes of one tensor from `offsetBytes` within it, row-major little-endian. */
  async read(entry: TensorEntry, offsetBytes: number, lengthBytes: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(lengthBytes);
    await readFully(this.file, this.handle, bytes, entry.offsetBytes + offsetBytes);
    return bytes;
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}

async function readHeader(
  file: string,
  handle: FileHandle,
  fileBytes: number,
): Promise<Map<string, TensorEntry>> {
  const lengthField = new Uint8Array(LENGTH_FIELD_BYTES);
  await readFully(file, handle, lengthField, 0);
  const length = new DataView(lengthField.buffer).getBigUint64(0, true);
  if (length === LFS_POINTER_LENGTH) {
    throw new CheckpointFileInvalidError(
      file,
      'it is a pointer of Git LFS; run "git lfs pull" in its repository',
    );
  }
  const headerBytes = Number(length);
  if (headerBytes > MAX_HEADER_BYTES || LENGTH_FIELD_BYTES + headerBytes > fileBytes) {
    const reason = `its header claims ${headerBytes} bytes of a ${fileBytes}-byte file; download it again`;
    throw new CheckpointFileInvalidError(file, reason);
  }
  const header = new Uint8Array(headerBytes);
  await readFully(file, handle, header, LENGTH_FIELD_BYTES);
  return parseHeader(file, header, LENGTH_FIELD_BYTES + headerBytes, fileBytes);
}
