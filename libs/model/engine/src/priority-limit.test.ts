import { describe, expect, it } from 'vitest';
import { type Priority } from './policy/priority.js';
import { PriorityLimit } from './priority-limit.js';

/** Work that ends when the test says so. */
function setUp(places: Record<Priority, number>) {
  const limit = new PriorityLimit(places);
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const start = async (name: string, priority: Priority, signal?: AbortSignal): Promise<void> => {
    const leave = await limit.enter(priority, signal);
    begun.push(name);
    ends.set(name, leave);
  };
  const end = async (name: string): Promise<void> => {
    await turn();
    ends.get(name)?.();
    await turn();
  };
  return { limit, begun, start, end };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('PriorityLimit', () => {
  it('lets interactive work begin before batch work that came earlier', async () => {
    const { begun, start, end } = setUp({ interactive: 1, batch: 1 });
    void start('running', 'batch');
    void start('batch 1', 'batch');
    void start('batch 2', 'batch');
    void start('asked', 'interactive');
    await end('running');
    expect(begun).toEqual(['running', 'asked']);
    await end('asked');
    await end('batch 1');
    expect(begun).toEqual(['running', 'asked', 'batch 1', 'batch 2']);
  });

  it('leaves places to interactive work that batch work never takes', async () => {
    const { begun, start, end } = setUp({ interactive: 3, batch: 2 });
    for (const name of ['a', 'b', 'c']) void start(name, 'batch');
    await turn();
    expect(begun).toEqual(['a', 'b']);
    void start('asked', 'interactive');
    await end('a');
    // Two places are taken again, so the next batch work waits.
    expect(begun).toEqual(['a', 'b', 'asked']);
    await end('asked');
    expect(begun).toEqual(['a', 'b', 'asked', 'c']);
  });

  it('gives the place of work that fails to the next', async () => {
    const { limit, begun, start } = setUp({ interactive: 1, batch: 1 });
    const failing = limit.run('batch', () => Promise.reject(new Error('broken')));
    void start('next', 'batch');
    await expect(failing).rejects.toThrow('broken');
    await turn();
    expect(begun).toEqual(['next']);
  });

  it('forgets work whose signal aborts while it waits, or has before', async () => {
    const { begun, start, end } = setUp({ interactive: 2, batch: 2 });
    void start('running', 'interactive');
    void start('other', 'interactive');
    const controller = new AbortController();
    const unwanted = start('unwanted', 'interactive', controller.signal);
    controller.abort(new Error('no longer wanted'));
    await expect(unwanted).rejects.toThrow('no longer wanted');
    await expect(start('late', 'batch', controller.signal)).rejects.toThrow('no longer wanted');
    await end('running');
    void start('next', 'batch');
    await turn();
    expect(begun).toEqual(['running', 'other', 'next']);
  });
});
