import { describe, expect, it } from 'vitest';
import { rowBlocks, sliceRows, stackRows, type Weight } from './weight.js';

/** Row r, column c is 100 * id + 10 * r + c. */
function weightOf(id: number, rows: number, columns: number): Weight {
  const row = (index: number): number[] =>
    Array.from({ length: columns }, (_, column) => 100 * id + 10 * index + column);
  return {
    name: `weight ${id}`,
    shape: [rows, columns],
    rows: async (first, count) =>
      Float32Array.from(Array.from({ length: count }, (_, index) => row(first + index)).flat()),
  };
}

describe('weights put together from others', () => {
  const stacked = stackRows([weightOf(1, 2, 2), sliceRows(weightOf(2, 5, 2), 1, 3), weightOf(3, 1, 2)]);

  it('have the rows of all parts in order', async () => {
    expect(stacked.shape).toEqual([6, 2]);
    expect([...(await stacked.rows(0, 6))]).toEqual([
      100, 101, 110, 111, 210, 211, 220, 221, 230, 231, 300, 301,
    ]);
  });

  it('give any run of rows, across the borders of the parts', async () => {
    const whole = await stacked.rows(0, 6);
    for (let first = 0; first < 6; first++) {
      for (let count = 1; first + count <= 6; count++) {
        const expected = whole.subarray(first * 2, (first + count) * 2);
        expect(await stacked.rows(first, count)).toEqual(expected);
      }
    }
  });

  it('name the tensors that they come from', () => {
    expect(stacked.name).toBe('weight 1 + weight 2 + weight 3');
  });
});

describe('blocks of rows', () => {
  it('cover every row once, at most 2^20 values at a time', async () => {
    const wide: Weight = {
      name: 'wide',
      shape: [5, 2 ** 19],
      rows: async (_, count) => new Float32Array(count * 2 ** 19),
    };
    const blocks = [];
    for await (const { first, count, values } of rowBlocks(wide)) blocks.push([first, count, values.length]);
    expect(blocks).toEqual([
      [0, 2, 2 ** 20],
      [2, 2, 2 ** 20],
      [4, 1, 2 ** 19],
    ]);
  });

  it('take one row at a time when a row alone is larger', async () => {
    const huge: Weight = {
      name: 'huge',
      shape: [2, 2 ** 21],
      rows: async (_, count) => new Float32Array(count * 2 ** 21),
    };
    const counts = [];
    for await (const { count } of rowBlocks(huge)) counts.push(count);
    expect(counts).toEqual([1, 1]);
  });
});
