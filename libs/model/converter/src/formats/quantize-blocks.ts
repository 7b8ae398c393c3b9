/** Rows of a matrix in blocks of one scale each, as `MatMulNBits` and `GatherBlockQuantized` take them. */
export interface QuantizedRows {
  /** [rows, blocks, blockSize * bits / 8]; of 4-bit numbers the even one is in the low half of its byte. */
  readonly numbers: Uint8Array<ArrayBuffer>;
  /** [rows, blocks] */
  readonly scales: Float32Array<ArrayBuffer>;
}

export interface BlockSize {
  readonly bits: 4 | 8;
  readonly blockSize: number;
}

/** Blocks of one row: its last one is filled up with zeros. */
export function blocksPerRow(columns: number, blockSize: number): number {
  return Math.ceil(columns / blockSize);
}

/**
 * Symmetric block quantisation: value = (number - zero point) * scale, the zero point in the middle of the numbers' range.
 * The value of the largest magnitude becomes the lowest number exactly, so the scale has the opposite of its sign.
 * Source: `MlasQuantizeBlockwise` of ONNX Runtime, whose default for symmetric weights this is.
 *
 * @param values [rows, columns]
 * @param roundScales the scales as their storage type holds them, before numbers are computed from them.
 */
export function quantizeRows(
  values: Float32Array,
  columns: number,
  { bits, blockSize }: BlockSize,
  roundScales: (scales: Float32Array<ArrayBuffer>) => Float32Array<ArrayBuffer> = (scales) => scales,
): QuantizedRows {
  const blocks = blockBounds(values.length, columns, blockSize);
  const zero = zeroPoint(bits);
  const scales = roundScales(
    Float32Array.from({ length: blocks.length / 2 }, (_, block) =>
      Math.fround(
        signedExtreme(values, blocks[2 * block] as number, blocks[2 * block + 1] as number) / -zero,
      ),
    ),
  );
  const lanes = new Uint8Array(scales.length * blockSize).fill(zero);
  for (const [block, scale] of scales.entries()) {
    const [from, to] = [blocks[2 * block] as number, blocks[2 * block + 1] as number];
    writeNumbers(values, { from, to, scale, zero }, lanes, block * blockSize);
  }
  return { numbers: bits === 8 ? lanes : packHalves(lanes), scales };
}

/** Start and end of every block. */
function blockBounds(length: number, columns: number, blockSize: number): Uint32Array {
  const blockCount = blocksPerRow(columns, blockSize);
  const bounds = new Uint32Array((2 * blockCount * length) / columns);
  let index = 0;
  for (let row = 0; row < length; row += columns) {
    for (let from = row; from < row + columns; from += blockSize) {
      bounds[index++] = from;
      bounds[index++] = Math.min(from + blockSize, row + columns);
    }
  }
  return bounds;
}

function zeroPoint(bits: 4 | 8): 8 | 128 {
  return bits === 4 ? 8 : 128;
}

/** The value of the largest magnitude, with its sign. */
function signedExtreme(values: Float32Array, from: number, to: number): number {
  let largest = 0;
  let smallest = 0;
  for (let i = from; i < to; i++) {
    const value = values[i] as number;
    if (value > largest) largest = value;
    if (value < smallest) smallest = value;
  }
  return largest > -smallest ? largest : smallest;
}

interface Block {
  readonly from: number;
  readonly to: number;
  readonly scale: number;
  readonly zero: number;
}

function writeNumbers(values: Float32Array, block: Block, lanes: Uint8Array, start: number): void {
  const { from, to, scale, zero } = block;
  const inverse = scale === 0 ? 0 : Math.fround(1 / scale);
  const highest = 2 * zero - 1;
  // All numbers are positive before the cast, so adding a half and cutting off rounds to the nearest.
  const offset = zero + 0.5;
  let lane = start;
  for (let i = from; i < to; i++) {
    const number = ((values[i] as number) * inverse + offset) | 0;
    lanes[lane++] = number > highest ? highest : number;
  }
}

function packHalves(lanes: Uint8Array): Uint8Array<ArrayBuffer> {
  const packed = new Uint8Array(lanes.length / 2);
  for (let i = 0; i < packed.length; i++) {
    packed[i] = (lanes[2 * i] as number) | ((lanes[2 * i + 1] as number) << 4);
  }
  return packed;
}
