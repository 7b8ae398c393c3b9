import { describe, expect, it } from 'vitest';
import { UnusableAnswerError, HostBusyError, HostUnreachableError } from './errors.js';
import { type Retry, withRetries } from './with-retries.js';

function setUp(count: number, signal = new AbortController().signal) {
  const seen: Retry[] = [];
  return { seen, retries: { count, firstDelayMs: 1, signal, onRetry: (retry: Retry) => seen.push(retry) } };
}

/** An attempt that fails with these errors, one after the other, and then succeeds. */
function failing(...errors: Error[]) {
  return async () => {
    const error = errors.shift();
    if (error !== undefined) throw error;
    return 'done';
  };
}

const broken = () => new HostUnreachableError('hub', new Error('reset'));

describe('withRetries', () => {
  it('waits longer each time, and gives the result of the attempt that succeeds', async () => {
    const { seen, retries } = setUp(3);
    expect(await withRetries(retries, failing(broken(), broken(), broken()))).toBe('done');
    const delays = seen.map(({ delayMs }) => delayMs);
    for (const [index, delayMs] of delays.entries()) {
      expect(delayMs).toBeGreaterThanOrEqual(2 ** index);
      expect(delayMs).toBeLessThanOrEqual(1.5 * 2 ** index);
    }
  });

  it('throws the last error when the retries are used up', async () => {
    const { seen, retries } = setUp(2);
    const last = broken();
    await expect(withRetries(retries, failing(broken(), broken(), last))).rejects.toBe(last);
    expect(seen).toHaveLength(2);
  });

  it('counts anew after an attempt that got further', async () => {
    const { retries } = setUp(1);
    const errors = [broken(), broken(), broken(), broken()];
    expect(await withRetries(retries, failing(...errors), () => true)).toBe('done');
  });

  it('tries once what trying again cannot help', async () => {
    const { seen, retries } = setUp(5);
    const lasting = new UnusableAnswerError('hub', 'no JSON');
    await expect(withRetries(retries, failing(lasting))).rejects.toBe(lasting);
    expect(seen).toEqual([]);
  });

  it('is ended by its signal while it waits, with the reason of the signal', async () => {
    const interruption = new AbortController();
    const { retries } = setUp(5, interruption.signal);
    const reason = new Error('Ctrl-C');
    const onRetry = () => interruption.abort(reason);
    const busy = new HostBusyError('hub', 429, 500_000);
    await expect(withRetries({ ...retries, onRetry }, failing(busy))).rejects.toBe(reason);
  });
});
