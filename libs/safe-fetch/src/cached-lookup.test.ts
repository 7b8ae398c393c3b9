import { describe, expect, it } from 'vitest';
import { cachedLookup } from './cached-lookup.js';
import { type ResolvedAddress } from './guarded-connector.js';

const address: ResolvedAddress = { address: '192.0.2.1', family: 4 };

/** A resolver that answers when it is told to. */
function slowResolver() {
  const waiting: { hostname: string; answer: () => void }[] = [];
  let onAsked = () => {};
  const lookup = (hostname: string) =>
    new Promise<readonly ResolvedAddress[]>((resolve) => {
      waiting.push({ hostname, answer: () => resolve([address]) });
      onAsked();
    });
  const asked = async (count: number) => {
    while (waiting.length < count) await new Promise<void>((resolve) => (onAsked = resolve));
    return waiting.map(({ hostname }) => hostname);
  };
  return { lookup, waiting, asked };
}

describe('cachedLookup', () => {
  it('asks for two names at a time, and once for those who want the same', async () => {
    const { lookup, waiting, asked } = slowResolver();
    const resolve = cachedLookup({ lookup, ttlMs: 1000 });
    const answers = ['a', 'a', 'b', 'c', 'b'].map((hostname) => resolve(hostname));
    expect(await asked(2)).toEqual(['a', 'b']);
    waiting[0]?.answer();
    await answers[1];
    expect(await asked(3)).toEqual(['a', 'b', 'c']);
    for (const { answer } of waiting) answer();
    expect(await Promise.all(answers)).toEqual(Array(5).fill([address]));
    expect(waiting).toHaveLength(3);
  });

  it('forgets after its time, and the name that was wanted least recently when there are too many', async () => {
    const asked: string[] = [];
    let nowMs = 1;
    const lookup = async (hostname: string) => {
      asked.push(hostname);
      return [address];
    };
    const resolve = cachedLookup({ lookup, ttlMs: 1000, maxNames: 2, nowMs: () => nowMs });
    for (const hostname of ['a', 'b', 'a', 'c', 'a', 'b']) await resolve(hostname);
    expect(asked).toEqual(['a', 'b', 'c', 'b']);
    nowMs += 1001;
    await resolve('b');
    expect(asked).toEqual(['a', 'b', 'c', 'b', 'b']);
  });
});
