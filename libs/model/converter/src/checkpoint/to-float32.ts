import { type TensorDataType } from './safetensors-file.js';

/** Values of a stored tensor as float32. bf16 is the upper half of a float32. */
export function toFloat32(bytes: Uint8Array, dataType: TensorDataType): Float32Array {
  if (dataType === 'F32') return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
  if (dataType === 'BF16') {
    const bits = new Uint32Array(halves.length);
    for (let i = 0; i < halves.length; i++) bits[i] = (halves[i] as number) << 16;
    return new Float32Array(bits.buffer);
  }
  return Float32Array.from(halves, float16ToNumber);
}

/** IEEE 754 binary16. */
function float16ToNumber(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
