import { type FileHandle, open } from 'node:fs/promises';
import { z } from 'zod';
import { CheckpointFileInvalidError } from '../errors.js';

export const BYTES_PER_ELEMENT = { BF16: 2, F16: 2, F32: 4 } as const;
/** The format's own limit. */
const MAX_HEADER_BYTES = 100 * 1024 * 1024;

const headerSchema = z.record(
  z.string(),
  z.object({
    dtype: z.string(),
    shape: z.array(z.int().min(0)),
    data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
  }),
);

export type TensorDataType = keyof typeof BYTES_PER_ELEMENT;

/** Where a tensor is in its file. */
export interface TensorEntry {
  readonly dataType: TensorDataType;
  readonly shape: readonly number[];
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

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

  /** Reads and checks the header. Throws {@link CheckpointFileInvalidError}. */
  static async open(file: string): Promise<SafetensorsFile> {
    const handle = await open(file, 'r');
    try {
      return new SafetensorsFile(file, handle, await readHeader(file, handle));
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

async function readHeader(file: string, handle: FileHandle): Promise<Map<string, TensorEntry>> {
  const { size } = await handle.stat();
  const lengthField = new Uint8Array(8);
  await readFully(file, handle, lengthField, 0);
  const headerBytes = Number(new DataView(lengthField.buffer).getBigUint64(0, true));
  if (headerBytes > MAX_HEADER_BYTES || 8 + headerBytes > size) {
    throw new CheckpointFileInvalidError(
      file,
      `its header claims ${headerBytes} bytes of a ${size}-byte file`,
    );
  }
  const header = new Uint8Array(headerBytes);
  await readFully(file, handle, header, 8);
  const entries = Object.entries(parseHeader(file, header)).map(([name, { dtype, shape, data_offsets }]) => {
    const [begin, end] = data_offsets;
    const entry = { shape, offsetBytes: 8 + headerBytes + begin, lengthBytes: end - begin };
    return [name, checkEntry(file, name, { ...entry, dataType: dtype }, size)] as const;
  });
  return new Map(entries);
}

function parseHeader(file: string, header: Uint8Array): z.infer<typeof headerSchema> {
  try {
    const json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(header)) as Record<
      string,
      unknown
    >;
    delete json['__metadata__'];
    return headerSchema.parse(json);
  } catch (cause) {
    throw new CheckpointFileInvalidError(file, 'its header is not the JSON that safetensors prescribes', {
      cause,
    });
  }
}

function checkEntry(
  file: string,
  name: string,
  entry: Omit<TensorEntry, 'dataType'> & { dataType: string },
  fileBytes: number,
): TensorEntry {
  if (!isSupported(entry.dataType)) {
    throw new CheckpointFileInvalidError(
      file,
      `tensor ${name} is ${entry.dataType}; BF16, F16 and F32 are read`,
    );
  }
  const expected = entry.shape.reduce((product, dim) => product * dim, BYTES_PER_ELEMENT[entry.dataType]);
  if (entry.lengthBytes !== expected) {
    throw new CheckpointFileInvalidError(
      file,
      `tensor ${name} of shape [${entry.shape.join(', ')}] needs ${expected} bytes, its entry has ${entry.lengthBytes}`,
    );
  }
  if (entry.offsetBytes + entry.lengthBytes > fileBytes) {
    throw new CheckpointFileInvalidError(file, `the file ends before tensor ${name} does; download it again`);
  }
  return { ...entry, dataType: entry.dataType };
}

function isSupported(dataType: string): dataType is TensorDataType {
  return dataType in BYTES_PER_ELEMENT;
}

async function readFully(
  file: string,
  handle: FileHandle,
  into: Uint8Array,
  position: number,
): Promise<void> {
  for (let done = 0; done < into.byteLength;) {
    const { bytesRead } = await handle.read(into, done, into.byteLength - done, position + done);
    if (bytesRead === 0) throw new CheckpointFileInvalidError(file, `it ends after ${position + done} bytes`);
    done += bytesRead;
  }
}
