import { setMaxListeners } from 'node:events';

/**
 * The promise, unless one of the signals aborts first: then a rejection with its reason. The work itself goes on to its
 * own end, unheard.
 */
export async function rejectOnAbort<T>(
  work: Promise<T>,
  signals: readonly (AbortSignal | undefined)[],
): Promise<T> {
  const listeners = new AbortController();
  const aborted = new Promise<never>((_, reject) => {
    for (const signal of signals) {
      // Any number of requests may share a signal; each takes its listener away again.
      if (signal !== undefined) setMaxListeners(0, signal);
      const onAbort = (): void => reject(signal?.reason as Error);
      if (signal?.aborted === true) onAbort();
      signal?.addEventListener('abort', onAbort, { once: true, signal: listeners.signal });
    }
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    listeners.abort();
  }
}
