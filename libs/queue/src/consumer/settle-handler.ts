import { STOP_GRACE_MS } from '../drain-within.js';
import { type AttemptResult } from '../job-queue.js';

export type Settled =
  | { kind: 'returned'; result: AttemptResult }
  | { kind: 'rejected'; error: unknown }
  /** The handler did not react to its signal. */
  | { kind: 'abandoned' };

/** Waits for a handler to end, but only for so long after its signal has aborted. */
export function settleHandler(handling: Promise<AttemptResult>, signal: AbortSignal): Promise<Settled> {
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    const startGrace = (): void => {
      timer = setTimeout(() => resolve({ kind: 'abandoned' }), STOP_GRACE_MS);
    };
    const settle = (settled: Settled): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', startGrace);
      resolve(settled);
    };
    handling.then(
      (result) => settle({ kind: 'returned', result }),
      (error: unknown) => settle({ kind: 'rejected', error }),
    );
    if (signal.aborted) startGrace();
    else signal.addEventListener('abort', startGrace, { once: true });
  });
}
