/** A service whose process is up and ready. */
export interface RunningService {
  readonly pid: number;
  /** Resolves, once the process is gone, to how it ended, in words. */
  readonly exited: Promise<string>;
  /** Ends the process: politely, then by force. */
  stop(): Promise<void>;
}

/** One long-running part of the system that can be started again and again. */
export interface Service {
  readonly name: string;
  /**
   * Starts it and waits until it is ready.
   * @param signal gives up the start; no process is left then
   */
  start(signal: AbortSignal): Promise<RunningService>;
}

/** `code 1` or `SIGKILL`, as a sentence's end. */
export function describeExit(code: number | null, signal: NodeJS.Signals | null): string {
  return signal === null ? `ended with code ${String(code)}` : `was ended by ${signal}`;
}
