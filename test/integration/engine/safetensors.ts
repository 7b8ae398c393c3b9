import { readFileSync } from 'node:fs';

/** Reads one array of a reference file by name: float32 values, or int32/uint8 ones as numbers. */
export interface ReferenceArrays {
  floats(name: string): Float32Array;
  integers(name: string): Int32Array;
  bytes(name: string): Uint8Array;
  has(name: string): boolean;
}

/** The reference outputs also hold integer types, which checkpoints do not, so they get a reader of their own. */
export function readReferenceArrays(file: string): ReferenceArrays {
  const buffer = readFileSync(file);
  const headerBytes = Number(buffer.readBigUInt64LE(0));
  const header = JSON.parse(buffer.toString('utf8', 8, 8 + headerBytes)) as Record<
    string,
    { data_offsets: [number, number] }
  >;
  const raw = (name: string): ArrayBuffer => {
    const entry = header[name];
    if (entry === undefined) throw new Error(`${file} has no ${name}`);
    const [begin, end] = entry.data_offsets;
    const slice = buffer.subarray(8 + headerBytes + begin, 8 + headerBytes + end);
    return Uint8Array.from(slice).buffer;
  };
  return {
    floats: (name) => new Float32Array(raw(name)),
    integers: (name) => new Int32Array(raw(name)),
    bytes: (name) => new Uint8Array(raw(name)),
    has: (name) => name in header,
  };
}
