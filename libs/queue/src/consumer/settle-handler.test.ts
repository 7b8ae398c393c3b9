import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { STOP_GRACE_MS } from '../drain-within.js';
import { type AttemptResult } from '../job-queue.js';
import { settleHandler } from './settle-handler.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const never = new Promise<AttemptResult>(() => undefined);

describe('settleHandler', () => {
  it('waits as long as it takes while nothing is aborted', async () => {
    const settling = settleHandler(
      new Promise((_resolve, reject) => setTimeout(() => reject(new Error('a bug')), STOP_GRACE_MS * 10)),
      new AbortController().signal,
    );
    await vi.advanceTimersByTimeAsync(STOP_GRACE_MS * 10);
    expect(await settling).toMatchObject({ kind: 'rejected', error: { message: 'a bug' } });
  });

  it.each(['before', 'after'])(
    'goes on without a handler that ignores a signal aborted %s it began',
    async (when) => {
      const controller = new AbortController();
      if (when === 'before') controller.abort();
      const settling = settleHandler(never, controller.signal);
      controller.abort();
      await vi.advanceTimersByTimeAsync(STOP_GRACE_MS - 1);
      const early = await Promise.race([settling, Promise.resolve('waiting')]);
      expect(early).toBe('waiting');
      await vi.advanceTimersByTimeAsync(1);
      expect(await settling).toEqual({ kind: 'abandoned' });
      expect(vi.getTimerCount()).toBe(0);
    },
  );

  it('takes the result of a handler that stops in time, and leaves no timer', async () => {
    const controller = new AbortController();
    const settling = settleHandler(
      new Promise((_resolve, reject) =>
        controller.signal.addEventListener('abort', () => reject(new Error('stopped'))),
      ),
      controller.signal,
    );
    controller.abort();
    expect(await settling).toMatchObject({ kind: 'rejected' });
    expect(vi.getTimerCount()).toBe(0);
  });
});
