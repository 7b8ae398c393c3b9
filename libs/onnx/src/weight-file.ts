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

/** Where a weight is in a data file. */
interface PlacedWeight {
  readonly weight: ExternalWeight;
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

/** Weights one after the other, each from a page boundary on. */
function placeWeights(weights: readonly ExternalWeight[]): PlacedWeight[] {
  let end = 0;
  return weights.map((weight) => {
    const offsetBytes = align(end);
    const lengthBytes = tensorBytes(weight.elementType, weight.dims);
    end = offsetBytes + lengthBytes;
    return { weight, offsetBytes, lengthBytes };
  });
}

function align(position: number): number {
  return Math.ceil(position / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
}

/** Bytes of a data file that holds these weights. */
export function weightFileBytes(weights: readonly ExternalWeight[]): number {
  const last = placeWeights(weights).at(-1);
  return last === undefined ? 0 : last.offsetBytes + last.lengthBytes;
}

/** The initializers of weights that lie in a data file of that name. */
export function externalTensors(weights: readonly ExternalWeight[], file: string): TensorProto[] {
  return placeWeights(weights).map(({ weight, ...place }) => externalTensorProto(weight, { file, ...place }));
}

/** Writes a data file of weights, and hashes it on the way. */
export async function writeWeights(
  weights: readonly ExternalWeight[],
  directory: string,
  name: string,
  onProgress: (progress: WeightProgress) => void,
): Promise<{ name: string; bytes: number; sha256: string }> {
  const writer = await HashingWriter.open(path.join(directory, name));
  const progress = { weightCount: weights.length, bytesTotal: weightFileBytes(weights) };
  try {
    for (const [index, { weight, offsetBytes, lengthBytes }] of placeWeights(weights).entries()) {
      await writer.write(new Uint8Array(offsetBytes - writer.position));
      for await (const piece of weight.pieces()) {
        await writer.write(piece);
        onProgress({ ...progress, weightsWritten: index, bytesWritten: writer.position });
      }
      const givenBytes = writer.position - offsetBytes;
      if (givenBytes !== lengthBytes) throw new WeightLengthError(weight.name, lengthBytes, givenBytes);
      onProgress({ ...progress, weightsWritten: index + 1, bytesWritten: writer.position });
    }
    return { name, ...(await writer.finish()) };
  } finally {
    await writer.close();
  }
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
