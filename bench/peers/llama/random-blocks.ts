/** How a row is cut into blocks of numbers that share scales. */
interface BlockLayout {
  /** ggml's number of the type. */
  readonly type: number;
  readonly values: number;
  readonly bytes: number;
  /** Where the scale of a block stands, a float16, and one that makes random numbers as large as a layer's weights. */
  readonly scaleOffset: number;
  readonly scaleBits: number;
}

export const BLOCK_LAYOUTS = {
  Q4_0: { type: 2, values: 32, bytes: 18, scaleOffset: 0, scaleBits: 0x1da2 },
  Q8_0: { type: 8, values: 32, bytes: 34, scaleOffset: 0, scaleBits: 0x0da7 },
  Q6_K: { type: 14, values: 256, bytes: 210, scaleOffset: 208, scaleBits: 0x0138 },
} as const satisfies Record<string, BlockLayout>;

export type BlockType = keyof typeof BLOCK_LAYOUTS;

/** Bytes of a matrix. Throws when a row is no whole number of blocks. */
export function countBytes(type: BlockType, columns: number, rows: number): number {
  const { values, bytes } = BLOCK_LAYOUTS[type];
  if (columns % values !== 0) throw new Error(`${type} has blocks of ${values}, a row of ${columns} is none`);
  return (columns / values) * rows * bytes;
}

/** Blocks of random bits with one scale; no two pages are equal, since equal ones would be read faster. */
export function makeRandomBlocks(type: BlockType, byteCount: number, seed: number): Uint8Array {
  const { bytes, scaleOffset, scaleBits } = BLOCK_LAYOUTS[type];
  const words = new Uint32Array(Math.ceil(byteCount / 4));
  let state = (seed + 1) * 0x9e3779b1;
  for (let index = 0; index < words.length; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[index] = state;
  }
  const blocks = Buffer.from(words.buffer, 0, byteCount);
  for (let at = scaleOffset; at < byteCount; at += bytes) blocks.writeUInt16LE(scaleBits, at);
  return blocks;
}
