import { type FileHandle, open } from 'node:fs/promises';

/** A value of the metadata, by its type in the file. */
export type GgufValue =
  | { readonly type: 'uint32' | 'float32'; readonly value: number }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'strings'; readonly value: readonly string[] }
  | { readonly type: 'float32s' | 'int32s'; readonly value: readonly number[] };

export interface GgufTensor {
  readonly name: string;
  /** The length of a row first. */
  readonly sizes: readonly number[];
  /** ggml's number of the type. */
  readonly type: number;
  readonly bytes: number;
  /** Called when it is the tensor's turn to be written. */
  readonly make: () => Uint8Array;
}

const VERSION = 3;
/** What readers take where the metadata do not say otherwise. */
const ALIGNMENT_BYTES = 32;
const STRING = 8;
const ARRAY = 9;
const NUMBER_TYPES = { uint32: 4, int32: 5, float32: 6 } as const;

/** Writes a GGUF file: metadata, list of tensors, aligned data. */
export async function writeGguf(
  file: string,
  metadata: Readonly<Record<string, GgufValue>>,
  tensors: readonly GgufTensor[],
): Promise<void> {
  const handle = await open(file, 'w');
  try {
    await handle.write(padded(toHeader(metadata, tensors)));
    for (const tensor of tensors) await writeTensor(handle, tensor);
  } finally {
    await handle.close();
  }
}

async function writeTensor(handle: FileHandle, { name, bytes, make }: GgufTensor): Promise<void> {
  const data = make();
  if (data.byteLength !== bytes) throw new Error(`${name}: ${data.byteLength} bytes instead of ${bytes}`);
  await handle.write(padded(data));
}

function toHeader(metadata: Readonly<Record<string, GgufValue>>, tensors: readonly GgufTensor[]): Uint8Array {
  const entries = Object.entries(metadata);
  const parts = [
    Buffer.from('GGUF'),
    uint32(VERSION),
    uint64(tensors.length),
    uint64(entries.length),
    ...entries.flatMap(([key, value]) => [text(key), toValue(value)]),
  ];
  let offset = 0;
  for (const { name, sizes, type, bytes } of tensors) {
    parts.push(text(name), uint32(sizes.length), ...sizes.map(uint64), uint32(type), uint64(offset));
    offset += align(bytes);
  }
  return Buffer.concat(parts);
}

function toValue(entry: GgufValue): Buffer {
  switch (entry.type) {
    case 'string':
      return Buffer.concat([uint32(STRING), text(entry.value)]);
    case 'strings':
      return toArray(STRING, entry.value.map(text));
    case 'uint32':
      return Buffer.concat([uint32(NUMBER_TYPES.uint32), uint32(entry.value)]);
    case 'float32':
      return Buffer.concat([uint32(NUMBER_TYPES.float32), float32(entry.value)]);
    case 'float32s':
      return toArray(NUMBER_TYPES.float32, entry.value.map(float32));
    case 'int32s':
      return toArray(NUMBER_TYPES.int32, entry.value.map(uint32));
  }
}

const toArray = (type: number, items: readonly Buffer[]): Buffer =>
  Buffer.concat([uint32(ARRAY), uint32(type), uint64(items.length), ...items]);

function uint32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value);
  return buffer;
}

function uint64(value: number): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(BigInt(value));
  return buffer;
}

function float32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeFloatLE(value);
  return buffer;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'utf8');
  return Buffer.concat([uint64(bytes.length), bytes]);
}

const align = (bytes: number): number => Math.ceil(bytes / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;

function padded(data: Uint8Array): Uint8Array {
  const padding = align(data.byteLength) - data.byteLength;
  return padding === 0 ? data : Buffer.concat([data, Buffer.alloc(padding)]);
}
