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
