import { describe, expect, it } from 'vitest';
import { cachedLookup } from './cached-lookup.js';
import { type ResolvedAddress } from './guarded-connector.js';

const address: ResolvedAddress = { address: '192.0.2.1', family: 4 };

/** A resolver that knows every name whose first letter is not `x`. */
function countingResolver() {
  const asked: string[] = [];
  const lookup = async (hostname: string) => {
    asked.push(hostname);
    if (hostname.startsWith('x')) throw new Error('nobody knows it');
    return [address];
  };
  return { lookup, asked };
}

describe('cachedLookup', () => {
  it('asks once for those who want the same at a time', async () => {
    const { lookup, asked } = countingResolver();
    const resolve = cachedLookup({ lookup, ttlMs: 0 });
    expect(await Promise.all(['a', 'a', 'b', 'a', 'b'].map(resolve))).toEqual(Array(5).fill([address]));
    expect(asked).toEqual(['a', 'b']);
    await resolve('a');
    expect(asked).toEqual(['a', 'b', 'a']);
  });

  it('forgets after its time, and the name that was wanted least recently when there are too many', async () => {
    const { lookup, asked } = countingResolver();
    let nowMs = 1;
    const resolve = cachedLookup({ lookup, ttlMs: 1000, maxNames: 2, nowMs: () => nowMs });
    for (const hostname of ['a', 'b', 'a', 'c', 'a', 'b']) await resolve(hostname);
    expect(asked).toEqual(['a', 'b', 'c', 'b']);
    nowMs += 1001;
    await resolve('b');
    expect(asked).toEqual(['a', 'b', 'c', 'b', 'b']);
  });

  it('remembers for five seconds that a name was not found', async () => {
    const { lookup, asked } = countingResolver();
    let nowMs = 1;
    const resolve = cachedLookup({ lookup, ttlMs: 0, nowMs: () => nowMs });
    for (const pauseMs of [0, 2500, 2500, 1]) {
      nowMs += pauseMs;
      await expect(resolve('x')).rejects.toThrow('nobody knows it');
    }
    expect(asked).toEqual(['x', 'x']);
  });
});
