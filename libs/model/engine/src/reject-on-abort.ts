import { setMaxListeners } from 'node:events';

/**
 * The promise, unless one of the signals aborts first: then a rejection with its reason. The work itself goes on to its
 * own end, unheard.
 *
 * Listeners are taken away by hand: with the `signal` option of `addEventListener`, Node keeps the last listener of a
 * signal, and what it refers to, as long as the signal lives, and those of requests side by side refer to each other.
 */
export async function rejectOnAbort<T>(
  work: Promise<T>,
  signals: readonly (AbortSignal | undefined)[],
): Promise<T> {
  const watched = signals.filter((signal) => signal !== undefined);
  let stopListening = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    const onAbort = ({ target }: Event): void => reject((target as AbortSignal).reason as Error);
    stopListening = () => {
      for (const signal of watched) signal.removeEventListener('abort', onAbort);
    };
    for (const signal of watched) {
      // Any number of requests may share a signal.
      setMaxListeners(0, signal);
      if (signal.aborted) reject(signal.reason as Error);
      else signal.addEventListener('abort', onAbort, { once: true });
    }
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    stopListening();
  }
}
