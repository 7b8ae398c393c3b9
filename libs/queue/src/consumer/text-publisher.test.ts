import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type TextPiece } from '../job-queue.js';
import { TextPublisher } from './text-publisher.js';

/** Writes that end when the test says so. */
function heldWrites() {
  const writes: {
    sequence: number;
    pieces: readonly TextPiece[];
    finish: () => void;
    fail: (error: Error) => void;
  }[] = [];
  const write = (sequence: number, pieces: readonly TextPiece[]) =>
    new Promise<void>((finish, fail) => void writes.push({ sequence, pieces, finish, fail }));
  return { writes, write };
}

describe('TextPublisher', () => {
  it('writes the first text at once and joins what comes in meanwhile', async () => {
    const { writes, write } = heldWrites();
    const publisher = new TextPublisher(write);
    const published = ['a', 'b', 'c'].map((text) => publisher.publish({ choice: 0, text }));
    expect(writes).toMatchObject([{ sequence: 1, pieces: [{ choice: 0, text: 'a' }] }]);
    writes[0]?.finish();
    await turn();
    expect(writes).toMatchObject([{}, { sequence: 2, pieces: [{ choice: 0, text: 'bc' }] }]);
    writes[1]?.finish();
    await Promise.all(published);
    await publisher.flush();
    expect(writes).toHaveLength(2);
  });

  it('joins text and log probabilities by choice', async () => {
    const { writes, write } = heldWrites();
    const publisher = new TextPublisher(write);
    const logprobs = ['x', 'y', 'z'].map((token) => ({ token, logprob: 0, bytes: [], top_logprobs: [] }));
    void publisher.publish({ choice: 0, text: 'first' });
    void publisher.publish({ choice: 1, text: 'a', logprobs: logprobs.slice(0, 1) });
    void publisher.publish({ choice: 0, text: 'b' });
    void publisher.publish({ choice: 1, text: 'c', logprobs: logprobs.slice(1) });
    writes[0]?.finish();
    await turn();
    expect(writes[1]?.pieces).toEqual([
      { choice: 1, text: 'ac', logprobs },
      { choice: 0, text: 'b' },
    ]);
  });

  it('flushes only when the last text has been written', async () => {
    const { writes, write } = heldWrites();
    const publisher = new TextPublisher(write);
    void publisher.publish({ choice: 0, text: 'a' });
    void publisher.publish({ choice: 0, text: 'b' });
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
    const published = publisher.publish({ choice: 0, text: 'a' });
    writes[0]?.fail(new Error('refused'));
    await expect(published).rejects.toThrow('refused');
    void publisher.publish({ choice: 0, text: 'b' });
    await expect(publisher.flush()).rejects.toThrow('refused');
    expect(writes).toHaveLength(1);
  });
});
