import { describe, expect, it } from 'vitest';
import { RowTurns } from './row-turns.js';

const { signal } = new AbortController();
const settled = (): Promise<void> => new Promise(setImmediate);

/** A worker of so many places, and the rows that got one, in that order. */
function worker(places: number) {
  const begun: string[] = [];
  const leaves: (() => void)[] = [];
  const waiting: (() => void)[] = [];
  let free = places;
  const turns = new RowTurns(async () => {
    if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve));
    else free -= 1;
    return () => {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    };
  });
  const row = async (chunk: string, number: number, stop = signal): Promise<void> => {
    leaves.push(await turns.take(chunk, stop));
    begun.push(`${chunk}${number}`);
  };
  const endOne = async (): Promise<void> => {
    leaves.shift()?.();
    await settled();
  };
  return { begun, row, endOne, free: () => free };
}

describe('RowTurns', () => {
  it('lets rows of chunks begin in turn, and one of a chunk that comes later next', async () => {
    const { begun, row, endOne } = worker(2);
    for (let number = 0; number < 6; number++) void row('a', number);
    await settled();
    for (let number = 0; number < 3; number++) void row('b', number);
    await endOne();
    void row('c', 0);
    for (let ended = 0; ended < 7; ended++) await endOne();
    expect(begun).toEqual(['a0', 'a1', 'b0', 'c0', 'a2', 'b1', 'a3', 'b2', 'a4', 'a5']);
  });

  it('begins as many rows at once as there are places', async () => {
    const { begun, row } = worker(3);
    for (let number = 0; number < 5; number++) void row('a', number);
    await settled();
    expect(begun).toEqual(['a0', 'a1', 'a2']);
  });

  it('leaves out rows that do not wait any more, and keeps no place for them', async () => {
    const { begun, row, endOne, free } = worker(1);
    const stop = new AbortController();
    void row('a', 0);
    await settled();
    const given = row('a', 1, stop.signal);
    const later = row('b', 0, stop.signal);
    stop.abort(new Error('stopped'));
    await expect(given).rejects.toThrow('stopped');
    await expect(later).rejects.toThrow('stopped');
    await expect(row('c', 0, stop.signal)).rejects.toThrow('stopped');
    await endOne();
    expect(begun).toEqual(['a0']);
    expect(free()).toBe(1);
  });
});
