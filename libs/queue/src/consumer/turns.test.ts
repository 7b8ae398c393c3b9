import { describe, expect, it } from 'vitest';
import { Turns } from './turns.js';

const never = new AbortController().signal;

/** Takes turns by name and notes who has begun; ends them on demand. */
function setUp() {
  const turns = new Turns();
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const take = (name: string, kind: 'shared' | 'alone', signal = never): Promise<void> =>
    turns.take(kind, signal).then((end) => {
      begun.push(name);
      ends.set(name, end);
    });
  /** Ends a turn, and lets those begin that may. */
  const end = async (name: string): Promise<void> => {
    ends.get(name)?.();
    await new Promise(setImmediate);
  };
  return { take, end, begun };
}

describe('Turns', () => {
  it('lets any number share', async () => {
    const { take, begun } = setUp();
    await Promise.all([take('a', 'shared'), take('b', 'shared'), take('c', 'shared')]);
    expect(begun).toEqual(['a', 'b', 'c']);
  });

  it('begins one alone when the last that shares has ended, and goes on with those that came later', async () => {
    const { take, end, begun } = setUp();
    await Promise.all([take('a', 'shared'), take('b', 'shared')]);
    void take('alone', 'alone');
    void take('later', 'shared');
    await end('a');
    expect(begun).toEqual(['a', 'b']);
    await end('b');
    expect(begun).toEqual(['a', 'b', 'alone']);
    await end('alone');
    expect(begun).toEqual(['a', 'b', 'alone', 'later']);
  });

  it('gives turns alone one after the other, all before those that share', async () => {
    const { take, end, begun } = setUp();
    await take('first', 'alone');
    void take('shared', 'shared');
    void take('second', 'alone');
    await end('first');
    expect(begun).toEqual(['first', 'second']);
    await end('second');
    expect(begun).toEqual(['first', 'second', 'shared']);
  });

  it('forgets one that gives up waiting, so that it holds up nobody', async () => {
    const { take, begun } = setUp();
    await take('a', 'shared');
    const controller = new AbortController();
    const given = take('alone', 'alone', controller.signal);
    const shared = take('b', 'shared');
    const reason = new Error('no longer wanted');
    controller.abort(reason);
    await expect(given).rejects.toBe(reason);
    await shared;
    expect(begun).toEqual(['a', 'b']);
    await expect(take('late', 'shared', controller.signal)).rejects.toBe(reason);
  });
});
