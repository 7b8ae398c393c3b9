import { describe, expect, it } from 'vitest';
import { type Weight } from '../weights/weight.js';
import { DynamicMatrix } from './dynamic-matrix.js';

const rowsOf = (rows: readonly number[][]): Weight => ({
  name: 'w',
  shape: [rows.length, rows[0]?.length ?? 0],
  rows: async (first, count) => Float32Array.from(rows.slice(first, first + count).flat()),
});

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  for await (const piece of pieces) parts.push(piece);
  return Uint8Array.from(parts.flatMap((part) => [...part])).buffer;
}

describe('DynamicMatrix', () => {
  it('keeps each row in units of its largest magnitude over 127, transposed', async () => {
    const matrix = new DynamicMatrix(
      rowsOf([
        [127, -127, 1.4],
        [0, 0, 0],
        [-0.5, 0.25, 0.5],
      ]),
    );
    const numbers = [...new Int8Array(await collect(matrix.numbers()))];
    const scales = [...new Float32Array(await collect(matrix.scales()))];
    expect([matrix.rows, matrix.columns]).toEqual([3, 3]);
    expect(numbers).toEqual([127, 0, -127, -127, 0, 64, 1, 0, 127]);
    expect(scales[0]).toBe(1);
    expect(scales[1]).toBe(0);
    expect(scales[2]).toBeCloseTo(0.5 / 127, 8);
  });
});
