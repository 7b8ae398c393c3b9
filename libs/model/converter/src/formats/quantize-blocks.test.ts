import { describe, expect, it } from 'vitest';
import { blocksPerRow, quantizeRows, type QuantizedRows } from './quantize-blocks.js';

/** (number - zero point) * scale, from the stored form. */
function dequantize({ numbers, scales }: QuantizedRows, bits: 4 | 8, blockSize: number): number[] {
  const lanes = bits === 8 ? [...numbers] : [...numbers].flatMap((byte) => [byte & 15, byte >> 4]);
  const zeroPoint = bits === 4 ? 8 : 128;
  return lanes.map((lane, index) => (lane - zeroPoint) * (scales[Math.floor(index / blockSize)] as number));
}

const spread = (length: number): Float32Array =>
  Float32Array.from({ length }, (_, index) => Math.sin(index * 12.9898) * 0.1);

describe.each([4, 8] as const)('%i-bit blocks', (bits) => {
  it('give every value back within half a step, the extreme one exactly', () => {
    const values = spread(64);
    const quantized = quantizeRows(values, 64, { bits, blockSize: 32 });
    const back = dequantize(quantized, bits, 32);
    for (const [index, value] of values.entries()) {
      const scale = quantized.scales[Math.floor(index / 32)] as number;
      // The highest number stands one step below the mirror image of the extreme.
      const highest = 2 ** (bits - 1) - 1;
      const steps = value / scale > highest ? 1 : 0.5;
      expect(Math.abs((back[index] as number) - value)).toBeLessThanOrEqual(Math.abs(scale) * steps * 1.0001);
    }
    for (const block of [0, 1]) {
      const part = [...values.subarray(block * 32, block * 32 + 32)];
      const extreme = part.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a));
      expect(back[block * 32 + part.indexOf(extreme)]).toBeCloseTo(extreme, 6);
    }
  });

  it('fill up the last block of a row with zeros', () => {
    expect(blocksPerRow(40, 16)).toBe(3);
    const quantized = quantizeRows(spread(80), 40, { bits, blockSize: 16 });
    expect(quantized.scales).toHaveLength(6);
    const back = dequantize(quantized, bits, 16);
    expect(back.slice(40, 48).map(Math.abs)).toEqual(Array(8).fill(0));
    expect(back.slice(88, 96).map(Math.abs)).toEqual(Array(8).fill(0));
  });

  it('keep the sign of an extreme whose scale float16 can only hold rounded down', () => {
    // 2.45 of the smallest float16 numbers, of which 2 are kept: the extreme is then beyond the lowest number.
    const smallest = 2 ** -24;
    const extreme = 2.45 * smallest * 2 ** (bits - 1);
    const values = Float32Array.from({ length: 16 }, (_, index) => (index === 5 ? extreme : 0));
    const quantized = quantizeRows(values, 16, { bits, blockSize: 16 }, () => Float32Array.of(-2 * smallest));
    expect(dequantize(quantized, bits, 16)[5]).toBe(2 * smallest * 2 ** (bits - 1));
  });

  it('store a block of zeros as zeros', () => {
    const quantized = quantizeRows(new Float32Array(16), 16, { bits, blockSize: 16 });
    expect(dequantize(quantized, bits, 16).map(Math.abs)).toEqual(Array(16).fill(0));
  });
});

describe('4-bit blocks', () => {
  it('put the even number into the low half of a byte, as ONNX Runtime packs them', () => {
    // Extreme -8, so the scale is 1 and a value v is stored as v + 8.
    const values = Float32Array.from([-8, -7, -6, -5, 0, 1, 2, 3, 4, 5, 6, 7, 0.4, 0.6, -0.4, -0.6]);
    const { numbers, scales } = quantizeRows(values, 16, { bits: 4, blockSize: 16 });
    expect([...scales]).toEqual([1]);
    expect([...numbers]).toEqual([0x10, 0x32, 0x98, 0xba, 0xdc, 0xfe, 0x98, 0x78]);
  });

  it('take a negative scale for a positive extreme, and clamp its mirror image', () => {
    const values = new Float32Array(16);
    values.set([8, -7.9, 4]);
    const { numbers, scales } = quantizeRows(values, 16, { bits: 4, blockSize: 16 });
    expect([...scales]).toEqual([-1]);
    expect([...numbers.subarray(0, 2)]).toEqual([0xf0, 0x84]);
  });
});
