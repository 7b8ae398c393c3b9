import { type TensorDataType } from '../checkpoint/safetensors-file.js';

/** Values of a stored tensor as float32. bf16 is the upper half of a float32. */
export function toFloat32(
  bytes: Uint8Array<ArrayBuffer>,
  dataType: TensorDataType,
): Float32Array<ArrayBuffer> {
  if (dataType === 'F32') return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
  const bits = new Uint32Array(halves.length);
  const convert = dataType === 'BF16' ? bfloat16Bits : float16Bits;
  convert(halves, bits);
  return new Float32Array(bits.buffer);
}

/** Index of the first value that is infinite or not a number; -1 where there is none. */
export function findNonFinite(values: Float32Array): number {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < bits.length; i++) if (((bits[i] as number) & 0x7f800000) === 0x7f800000) return i;
  return -1;
}

function bfloat16Bits(halves: Uint16Array, bits: Uint32Array): void {
  for (let i = 0; i < halves.length; i++) bits[i] = (halves[i] as number) << 16;
}

function float16Bits(halves: Uint16Array, bits: Uint32Array): void {
  const table = (float16Table ??= buildFloat16Table());
  for (let i = 0; i < halves.length; i++) bits[i] = table[halves[i] as number] as number;
}

/** Float32 bits of every IEEE 754 binary16. */
let float16Table: Uint32Array | undefined;

function buildFloat16Table(): Uint32Array {
  const values = Float32Array.from({ length: 0x10000 }, (_, half) => float16ToNumber(half));
  return new Uint32Array(values.buffer);
}

function float16ToNumber(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
