/** From here on values are nearer to infinity than to 65,504, the largest finite value of IEEE 754 binary16. */
const FLOAT16_BOUND = 65_520;

/**
 * Nearest binary16 of each float32, ties to even, as bits. A value that binary16 cannot hold becomes infinite: callers
 * that cannot have that look first ({@link findBeyondFloat16}).
 */
export function toFloat16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < bits.length; i++) halves[i] = halfOf(bits[i] as number);
  return halves;
}

/** Index of the first value that binary16 cannot hold; -1 where there is none. */
export function findBeyondFloat16(values: Float32Array): number {
  return values.findIndex((value) => !(Math.abs(value) < FLOAT16_BOUND));
}

function halfOf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  // Normal in binary16: rebias the exponent, round away 13 bits. A carry into the exponent is right, up to infinity.
  if (magnitude >= 0x38800000) {
    const rebiased = magnitude - 0x38000000;
    const rounded = rebiased + 0xfff + ((rebiased >>> 13) & 1);
    return sign | Math.min(rounded >>> 13, 0x7c00);
  }
  return sign | subnormalOf(magnitude);
}

/** A multiple of 2^-24; float32 subnormals are far below half of that. */
function subnormalOf(magnitude: number): number {
  const shift = 126 - (magnitude >>> 23);
  if (shift > 24) return 0;
  const significand = (magnitude & 0x7fffff) | 0x800000;
  const quotient = significand >>> shift;
  const remainder = significand & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return quotient + (remainder > half || (remainder === half && (quotient & 1) === 1) ? 1 : 0);
}
