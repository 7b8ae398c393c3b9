import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import { tensorBytes } from './element-type.js';
import { type TensorProto } from './generated/onnx_pb.js';
import { type ExternalWeight } from './graph-builder.js';
import { externalTensorProto } from './protos.js';

/** ONNX Runtime maps external data into memory; offsets on page boundaries let it do so without copying. */
const ALIGNMENT_BYTES = 4096;

/** One write: the system takes less than 2 GiB, and hashing holds the event loop for that long. */
const MAX_WRITE_BYTES = 8 * 1024 * 1024;

export interface WeightProgress {
  readonly weightsWritten: number;
  readonly weightCount: number;
  /** Bytes of the data file so far, and when it is complete. */
  readonly bytesWritten: number;
  readonly bytesTotal: number;
}

/** A weight gave fewer or more bytes than its shape has room for. */
export class WeightLengthError extends Error {
  constructor(
    readonly weight: string,
    readonly expectedBytes: number,
    readonly givenBytes: number,
  ) {
    super(`weight ${weight} has ${givenBytes} bytes, its shape takes ${expectedBytes}`);
    this.name = 'WeightLengthError';
  }
}

/** Bytes of a data file that holds these weights. */
export function weightFileBytes(weights: readonly ExternalWeight[]): number {
  return weights.reduce((end, { elementType, dims }) => align(end) + tensorBytes(elementType, dims), 0);
}

/** Writes weights one after the other, each from a page boundary on, and hashes them on the way. */
export async function writeWeights(
  weights: readonly ExternalWeight[],
  directory: string,
  name: string,
  onProgress: (progress: WeightProgress) => void,
): Promise<{ file: { name: string; bytes: number; sha256: string }; tensors: TensorProto[] }> {
  const writer = await HashingWriter.open(path.join(directory, name));
  const progress = { weightCount: weights.length, bytesTotal: weightFileBytes(weights) };
  const tensors: TensorProto[] = [];
  try {
    for (const weight of weights) {
      await writer.write(new Uint8Array(align(writer.position) - writer.position));
      const offsetBytes = writer.position;
      for await (const piece of weight.pieces()) {
        await writer.write(piece);
        onProgress({ ...progress, weightsWritten: tensors.length, bytesWritten: writer.position });
      }
      const lengthBytes = writer.position - offsetBytes;
      const expected = tensorBytes(weight.elementType, weight.dims);
      if (lengthBytes !== expected) throw new WeightLengthError(weight.name, expected, lengthBytes);
      tensors.push(externalTensorProto(weight, { file: name, offsetBytes, lengthBytes }));
      onProgress({ ...progress, weightsWritten: tensors.length, bytesWritten: writer.position });
    }
    return { file: { name, ...(await writer.finish()) }, tensors };
  } finally {
    await writer.close();
  }
}

function align(position: number): number {
  return Math.ceil(position / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
}

/** Appends to a new file and knows the SHA-256 of what it wrote. */
class HashingWriter {
  private readonly hash = createHash('sha256');
  position = 0;

  private constructor(private readonly handle: FileHandle) {}

  static async open(file: string): Promise<HashingWriter> {
    return new HashingWriter(await open(file, 'wx'));
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let start = 0; start < bytes.byteLength; start += MAX_WRITE_BYTES) {
      const part = bytes.subarray(start, start + MAX_WRITE_BYTES);
      const written = writeFully(this.handle, part, this.position);
      this.hash.update(part);
      await written;
      this.position += part.byteLength;
    }
  }

  async finish(): Promise<{ bytes: number; sha256: string }> {
    await this.handle.sync();
    return { bytes: this.position, sha256: this.hash.digest('hex') };
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}

async function writeFully(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.byteLength;) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.byteLength - done, position + done);
    done += bytesWritten;
  }
}
