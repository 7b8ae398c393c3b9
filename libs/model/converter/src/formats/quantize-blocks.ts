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
  const whole = columns % blockSize === 0 ? values : fillUpRows(values, columns, blockSize);
  const scales = roundScales(blockScales(whole, blockSize, zeroPoint(bits)));
  const write = bits === 4 ? writeHalves : writeBytes;
  const numbers = new Uint8Array((whole.length * bits) / 8);
  for (let block = 0; block < scales.length; block++) {
    const scale = scales[block] as number;
    write(
      whole,
      block * blockSize,
      { blockSize, inverse: scale === 0 ? 0 : Math.fround(1 / scale) },
      numbers,
    );
  }
  return { numbers, scales };
}

function zeroPoint(bits: 4 | 8): 8 | 128 {
  return bits === 4 ? 8 : 128;
}

/** The same rows with zeros behind each, up to whole blocks. */
function fillUpRows(values: Float32Array, columns: number, blockSize: number): Float32Array {
  const rowCount = values.length / columns;
  const wholeColumns = blocksPerRow(columns, blockSize) * blockSize;
  const whole = new Float32Array(rowCount * wholeColumns);
  for (let row = 0; row < rowCount; row++) {
    whole.set(values.subarray(row * columns, (row + 1) * columns), row * wholeColumns);
  }
  return whole;
}

function blockScales(values: Float32Array, blockSize: number, zero: number): Float32Array<ArrayBuffer> {
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  const extremes = new Uint32Array(values.length / blockSize);
  for (let block = 0; block < extremes.length; block++) {
    extremes[block] = signedExtreme(bits, block * blockSize, blockSize);
  }
  return new Float32Array(extremes.buffer).map((extreme) => extreme / -zero);
}

/**
 * Bits of the value of the largest magnitude, of a negative one on a tie. With the sign behind the magnitude, float32 bits
 * compare as whole numbers, which takes no branch a value.
 */
function signedExtreme(bits: Int32Array, start: number, blockSize: number): number {
  let largest = 0;
  for (let i = start; i < start + blockSize; i++) {
    const value = bits[i] as number;
    const comparable = ((value << 1) | (value >>> 31)) >>> 0;
    if (comparable > largest) largest = comparable;
  }
  return ((largest >>> 1) | (largest << 31)) >>> 0;
}

interface Quantizer {
  readonly blockSize: number;
  /** Of the scale. */
  readonly inverse: number;
}

/**
 * An added half rounds to the nearest. Both ends are cut off: at the highest number stands less than the mirror image of the
 * extreme, and a scale too small for its storage type may have been rounded so far down that the extreme is below zero.
 */
function writeHalves(
  values: Float32Array,
  start: number,
  { blockSize, inverse }: Quantizer,
  into: Uint8Array,
): void {
  for (let i = start; i < start + blockSize; i += 2) {
    const even = ((values[i] as number) * inverse + 8.5) | 0;
    const odd = ((values[i + 1] as number) * inverse + 8.5) | 0;
    into[i >> 1] = clamp(even, 15) | (clamp(odd, 15) << 4);
  }
}

function writeBytes(
  values: Float32Array,
  start: number,
  { blockSize, inverse }: Quantizer,
  into: Uint8Array,
): void {
  for (let i = start; i < start + blockSize; i++) {
    into[i] = clamp(((values[i] as number) * inverse + 128.5) | 0, 255);
  }
}

function clamp(number: number, highest: number): number {
  return number < 0 ? 0 : number > highest ? highest : number;
}
