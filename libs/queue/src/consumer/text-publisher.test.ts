import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { TextPublisher } from './text-publisher.js';

/** Writes that end when the test says so. */
function heldWrites() {
  const writes: { sequence: number; text: string; finish: () => void; fail: (error: Error) => void }[] = [];
  const write = (sequence: number, text: string) =>
    new Promise<void>((finish, fail) => void writes.push({ sequence, text, finish, fail }));
  return { writes, write };
}

describe('TextPublisher', () => {
  it('writes the first text at once and joins what comes in meanwhile', async () => {
    const { writes, write } = heldWrites();
    const publisher = new TextPublisher(write);
    const published = ['a', 'b', 'c'].map((delta) => publisher.publish(delta));
    expect(writes).toMatchObject([{ sequence: 1, text: 'a' }]);
    writes[0]?.finish();
    await turn();
    expect(writes).toMatchObject([{ text: 'a' }, { sequence: 2, text: 'bc' }]);
    writes[1]?.finish();
    await Promise.all(published);
    await publisher.flush();
    expect(writes).toHaveLength(2);
  });

  it('flushes only when the last text has been written', async () => {
    const { writes, write } = heldWrites();
    const publisher = new TextPublisher(write);
    void publisher.publish('a');
    void publisher.publish('b');
    let isFlushed = false;
    const flushed = publisher.flush().then(() => (isFlushed = true));
    writes[0]?.finish();
    await turn();
    expect(isFlushed).toBe(false);
    writes[1]?.finish();
    await flushed;
  });

  it('rejects every later flush once a write has failed, and writes no more', async () => {
    const { writes, write } = heldWrites();
    const publisher = new TextPublisher(write);
    const published = publisher.publish('a');
    writes[0]?.fail(new Error('refused'));
    await expect(published).rejects.toThrow('refused');
    void publisher.publish('b');
    await expect(publisher.flush()).rejects.toThrow('refused');
    expect(writes).toHaveLength(1);
  });
});
