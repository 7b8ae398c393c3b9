import { EXIT_CODES } from '../exit-status.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A terminal sends Ctrl-C to npm and to us, and npm passes its own on: one key press arrives twice. */
const SAME_PRESS_MS = 500;

export interface StopSignals {
  /** Aborted by the first signal, which is its reason. */
  readonly stopping: AbortSignal;
  /** Gives the signals back to whoever had them. */
  release(): void;
}

/** The first Ctrl-C (or SIGTERM, or a closed terminal) asks to stop; another one calls `onImpatience`. */
export function listenForStop(onImpatience: () => void): StopSignals {
  const stopping = new AbortController();
  let firstAt = 0;
  const receive = (signal: NodeJS.Signals) => {
    if (!stopping.signal.aborted) {
      firstAt = performance.now();
      stopping.abort(signal);
    } else if (performance.now() - firstAt > SAME_PRESS_MS && signal !== 'SIGHUP') {
      onImpatience();
    }
  };
  for (const signal of SIGNALS) process.on(signal, receive);
  return {
    stopping: stopping.signal,
    release: () => {
      for (const signal of SIGNALS) process.removeListener(signal, receive);
    },
  };
}

/**
 * Until the function that is returned is called, Ctrl-C (or SIGTERM, or a closed terminal) ends the process by an exit, not
 * by the signal: what is to be put in order at an exit then is.
 */
export function exitOnStop(): () => void {
  const exit = (): never => process.exit(EXIT_CODES.interrupted);
  for (const signal of SIGNALS) process.once(signal, exit);
  return () => {
    for (const signal of SIGNALS) process.removeListener(signal, exit);
  };
}
