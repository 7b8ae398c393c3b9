import { STOP_GRACE_MS } from '../drain-within.js';
import { type AttemptResult } from '../job-queue.js';

export type Settled =
  | { kind: 'returned'; result: AttemptResult }
  | { kind: 'rejected'; error: unknown }
  /** The handler did not react to its signal. */
  | { kind: 'abandoned' };

/** Waits for a handler to end, but only for so long after its signal has aborted. */
export async function settleHandler(handling: Promise<AttemptResult>, signal: AbortSignal): Promise<Settled> {
  const over = new AbortController();
  const settled = handling.then(
    (result): Settled => ({ kind: 'returned', result }),
    (error: unknown): Settled => ({ kind: 'rejected', error }),
  );
  try {
    return await Promise.race([settled, abandonAfterGrace(signal, over.signal)]);
  } finally {
    over.abort();
  }
}

function abandonAfterGrace(signal: AbortSignal, over: AbortSignal): Promise<Settled> {
  return new Promise((resolve) => {
    const startGrace = () => {
      const timer = setTimeout(() => resolve({ kind: 'abandoned' }), STOP_GRACE_MS);
      over.addEventListener('abort', () => clearTimeout(timer), { once: true });
    };
    if (signal.aborted) startGrace();
    else signal.addEventListener('abort', startGrace, { once: true, signal: over });
  });
}
