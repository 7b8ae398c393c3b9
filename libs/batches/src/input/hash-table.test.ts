import { describe, expect, it } from 'vitest';
import { HashTable } from './hash-table.js';

describe('HashTable', () => {
  it('knows what was added, however often it grew', () => {
    const table = new HashTable();
    const texts = Array.from({ length: 20_000 }, (_, index) => `row-${index}`);
    expect(texts.every((text) => table.add(text))).toBe(true);
    expect(texts.some((text) => table.add(text))).toBe(false);
    expect(table.add('another')).toBe(true);
  });
});
