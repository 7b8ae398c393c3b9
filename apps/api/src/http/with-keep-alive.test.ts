import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { withKeepAlive } from './with-keep-alive.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function controllableSource() {
  let deliver: (value: string) => void = () => undefined;
  const state = { asked: 0, stopped: false };
  async function* values() {
    try {
      for (;;) {
        state.asked += 1;
        yield await new Promise<string>((resolve) => (deliver = resolve));
      }
    } finally {
      state.stopped = true;
    }
  }
  return { state, source: values(), deliver: (value: string) => deliver(value) };
}

describe('withKeepAlive', () => {
  it('yields the filler after every silent interval and loses no value', async () => {
    const { source, deliver } = controllableSource();
    const merged = withKeepAlive(source, 100, 'filler');
    for (let silence = 0; silence < 2; silence += 1) {
      const next = merged.next();
      await vi.advanceTimersByTimeAsync(100);
      expect((await next).value).toBe('filler');
    }
    const next = merged.next();
    deliver('value');
    expect((await next).value).toBe('value');
  });

  it('asks for one value at a time', async () => {
    const { source, deliver, state } = controllableSource();
    const merged = withKeepAlive(source, 100, 'filler');
    const next = merged.next();
    await vi.advanceTimersByTimeAsync(0);
    deliver('value');
    await next;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(state.asked).toBeLessThanOrEqual(2);
  });

  it('stops the source when the reader stops', async () => {
    const { source, deliver, state } = controllableSource();
    const merged = withKeepAlive(source, 100, 'filler');
    const next = merged.next();
    await vi.advanceTimersByTimeAsync(100);
    await next;
    await merged.return();
    deliver('too late');
    await vi.advanceTimersByTimeAsync(0);
    expect(state.stopped).toBe(true);
  });

  it('ends with the source and passes its failure on', async () => {
    const broken = new Error('broken');
    async function* failing() {
      yield 'value';
      throw broken;
    }
    const merged = withKeepAlive(failing(), 100, 'filler');
    expect((await merged.next()).value).toBe('value');
    await expect(merged.next()).rejects.toBe(broken);
    expect((await merged.next()).done).toBe(true);
  });
});
