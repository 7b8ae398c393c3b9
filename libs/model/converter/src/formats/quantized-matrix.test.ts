import { describe, expect, it } from 'vitest';
import { type Weight } from '../weights/weight.js';
import { QuantizedMatrix } from './quantized-matrix.js';

const ROWS = 3;
const COLUMNS = 32;
const weight: Weight = {
  name: 'weight',
  shape: [ROWS, COLUMNS],
  rows: async (first, count) => Float32Array.from({ length: count * COLUMNS }, (_, i) => first + i + 1),
};

async function bytesOf(pieces: AsyncIterable<Uint8Array>): Promise<number> {
  let bytes = 0;
  for await (const piece of pieces) bytes += piece.byteLength;
  return bytes;
}

describe('a quantised matrix', () => {
  it.each([
    ['float32', 4],
    ['float16', 2],
  ] as const)('gives its scales in %s after its numbers, and keeps none of them', async (type, bytes) => {
    const matrix = new QuantizedMatrix(weight, { bits: 4, blockSize: 16 }, type);
    expect(await bytesOf(matrix.numbers())).toBe((ROWS * COLUMNS) / 2);
    expect(await bytesOf(matrix.scales())).toBe((ROWS * COLUMNS * bytes) / 16);
    // A converter holds all matrices of a model until its end.
    expect(await bytesOf(matrix.scales())).toBe(0);
  });
});
