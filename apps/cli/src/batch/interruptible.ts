import { EXIT_CODES, InterruptedError } from '../exit-status.js';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * Runs `work` until Ctrl-C or SIGTERM, which abort its signal; a second one ends the process.
 * @throws {InterruptedError} when `work` ends with an error after that
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const abort = new AbortController();
  const interrupt = (): void => {
    if (abort.signal.aborted) process.exit(EXIT_CODES.interrupted);
    abort.abort(new InterruptedError());
  };
  for (const signal of SIGNALS) process.on(signal, interrupt);
  try {
    return await work(abort.signal);
  } catch (error) {
    // Whatever was under way fails in its own words.
    throw abort.signal.aborted ? abort.signal.reason : error;
  } finally {
    for (const signal of SIGNALS) process.off(signal, interrupt);
  }
}
