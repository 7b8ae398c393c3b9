import { describe, expect, it } from 'vitest';
import { ServiceRefusedError, ServiceUnreachableError } from './errors.js';
import { withRetries } from './with-retries.js';

const once = { retries: 1, waitsForRoom: false, firstDelayMs: 0 };
const unreachable = () => new ServiceUnreachableError('http://x.test', 'no');
const refused = (status: number, changes: { shouldRetry?: boolean; retryAfterMs?: number } = {}) =>
  new ServiceRefusedError('http://x.test', {
    status,
    code: status === 429 ? 'queue_full' : 'internal_error',
    message: 'no',
    retryAfterMs: undefined,
    shouldRetry: true,
    ...changes,
  });

/** Attempts made when each of `errors` meets one and the next succeeds. */
async function attemptsWith(errors: Error[], policy = once): Promise<{ attempts: number; error: unknown }> {
  let attempts = 0;
  const attempt = (): Promise<void> => {
    const error = errors[attempts++];
    return error === undefined ? Promise.resolve() : Promise.reject(error);
  };
  const error = await withRetries(attempt, { policy }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return { attempts, error };
}

describe('withRetries', () => {
  it.each([unreachable(), refused(500), refused(503), refused(408), refused(429)])(
    'tries again: %s',
    async (error) => {
      expect(await attemptsWith([error])).toEqual({ attempts: 2, error: undefined });
    },
  );

  it.each([
    refused(400),
    refused(404),
    refused(500, { shouldRetry: false }),
    new TypeError('a fault of ours'),
  ])('does not try again: %s', async (error) => {
    expect(await attemptsWith([error])).toEqual({ attempts: 1, error });
  });

  it('gives up with the last error when the policy is used up', async () => {
    const [first, second] = [unreachable(), refused(503)];
    expect(await attemptsWith([first, second])).toEqual({ attempts: 2, error: second });
  });

  it('waits for room as long as it takes where the policy says so', async () => {
    const full = () => refused(429, { retryAfterMs: 0 });
    const policy = { ...once, waitsForRoom: true };
    expect(await attemptsWith([full(), full(), full()], policy)).toEqual({ attempts: 4, error: undefined });
  });

  it('ends at once when the signal aborts while it waits', async () => {
    const abort = new AbortController();
    const waiting = withRetries(
      () => {
        setImmediate(() => abort.abort(new Error('stop')));
        return Promise.reject(refused(503, { retryAfterMs: 300_000 }));
      },
      { policy: once, signal: abort.signal },
    );
    await expect(waiting).rejects.toThrow();
  });
});
