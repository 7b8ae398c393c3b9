import { describe, expect, it } from 'vitest';
import { findBeyondFloat16, toFloat16 } from './to-float16.js';
import { toFloat32 } from './to-float32.js';

const asFloat32 = (halves: Uint16Array<ArrayBuffer>): Float32Array =>
  toFloat32(new Uint8Array(halves.buffer), 'F16');

describe('float16', () => {
  it('keeps every finite value of its own', () => {
    const all = Uint16Array.from({ length: 0x10000 }, (_, half) => half).filter(
      (half) => (half & 0x7c00) !== 0x7c00,
    );
    expect(toFloat16(asFloat32(all))).toEqual(all);
  });

  it('takes the nearest value, the even one on a tie', () => {
    // 1 + 2^-11 lies between 1 (even) and 1 + 2^-10 (odd); 1 + 3 * 2^-11 between that and 1 + 2^-9 (even).
    const values = Float32Array.of(1 + 2 ** -11, 1 + 3 * 2 ** -11, 1 + 2 ** -11 + 2 ** -20, 0.1, -0.1);
    expect([...toFloat16(values)]).toEqual([0x3c00, 0x3c02, 0x3c01, 0x2e66, 0xae66]);
  });

  it('rounds what is below its smallest normal value to multiples of 2^-24', () => {
    const values = Float32Array.of(2 ** -24, 2 ** -25, 1.5 * 2 ** -24, 2.5 * 2 ** -24, 2 ** -26, 1e-40);
    expect([...toFloat16(values)]).toEqual([1, 0, 2, 2, 0, 0]);
    expect([...toFloat16(Float32Array.of(-(2 ** -25) * 1.01))]).toEqual([0x8001]);
  });

  it('reaches 65504 and names what does not fit', () => {
    expect([...toFloat16(Float32Array.of(65_504, 65_519, 65_520, -1e9))]).toEqual([
      0x7bff, 0x7bff, 0x7c00, 0xfc00,
    ]);
    expect(findBeyondFloat16(Float32Array.of(1, -65_519, 65_520))).toBe(2);
    expect(findBeyondFloat16(Float32Array.of(1, NaN))).toBe(1);
    expect(findBeyondFloat16(Float32Array.of(1, 2))).toBe(-1);
  });
});
