import { describe, expect, it } from 'vitest';
import { beginWithin } from './begin-within.js';

async function* failingAfter<T>(values: T[]): AsyncGenerator<T> {
  yield* values;
  throw new Error('broken');
}

async function collect<T>(source: AsyncIterable<T>, into: T[]): Promise<T[]> {
  for await (const value of source) into.push(value);
  return into;
}

describe('beginWithin', () => {
  it('rejects where the source fails before its first value', async () => {
    await expect(beginWithin(failingAfter([]), 60_000)).rejects.toThrow('broken');
  });

  it('gives on every value, and a failure after the first to the reader', async () => {
    const seen: number[] = [];
    const source = await beginWithin(failingAfter([1, 2]), 60_000);
    await expect(collect(source, seen)).rejects.toThrow('broken');
    expect(seen).toEqual([1, 2]);
  });

  it('does not wait longer for a source that is silent', async () => {
    let fail: (error: Error) => void = () => undefined;
    const silent = (async function* () {
      yield await new Promise<number>((_, reject) => (fail = reject));
    })();
    const source = await beginWithin(silent, 1);
    fail(new Error('late'));
    await expect(collect(source, [])).rejects.toThrow('late');
  });
});
