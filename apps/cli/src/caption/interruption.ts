import { EXIT_CODES, InterruptedError } from '../exit-status.js';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * What Ctrl-C and SIGTERM mean to a run: the first one ends it in good order, the second one gives up what is in
 * flight, the third one ends the process.
 */
export class Interruption {
  private readonly stop = new AbortController();
  private readonly listener = (): void => this.interrupt();

  /** @param abort is aborted, with an InterruptedError, by the second signal */
  constructor(
    private readonly abort: AbortController,
    private readonly options: { onStop: () => void },
  ) {
    for (const signal of SIGNALS) process.on(signal, this.listener);
  }

  /** Aborted by the first signal: nothing new is begun. */
  get stopping(): AbortSignal {
    return this.stop.signal;
  }

  dispose(): void {
    for (const signal of SIGNALS) process.off(signal, this.listener);
  }

  private interrupt(): void {
    if (this.abort.signal.aborted) process.exit(EXIT_CODES.interrupted);
    if (this.stop.signal.aborted) return this.abort.abort(new InterruptedError());
    this.stop.abort();
    this.options.onStop();
  }
}
