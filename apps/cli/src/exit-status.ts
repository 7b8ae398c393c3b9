import { CommanderError } from 'commander';

/** Success, a failure, arguments that cannot be used, and an end by Ctrl-C (128 + SIGINT). */
export const EXIT_CODES = { success: 0, failure: 1, usage: 2, interrupted: 130 } as const;

/** Thrown by a command that Ctrl-C ended after it had put everything in order. */
export class InterruptedError extends Error {
  constructor() {
    super('interrupted');
    this.name = 'InterruptedError';
  }
}

export interface ExitStatus {
  readonly exitCode: number;
  /** What is still to be said on standard error. */
  readonly message: string | undefined;
}

/** What a thrown error means to the caller of the command: one line, and the stack only at log level `debug`. */
export function exitStatusOf(error: unknown, { debug }: { debug: boolean }): ExitStatus {
  if (error instanceof InterruptedError) return { exitCode: EXIT_CODES.interrupted, message: undefined };
  if (error instanceof CommanderError) {
    // Commander has printed its message, the help or the version itself.
    return { exitCode: error.exitCode === 0 ? EXIT_CODES.success : EXIT_CODES.usage, message: undefined };
  }
  return { exitCode: EXIT_CODES.failure, message: debug ? withStack(error) : `tessera: ${messageOf(error)}` };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function withStack(error: unknown): string {
  if (!(error instanceof Error)) return messageOf(error);
  const cause = error.cause === undefined ? '' : `\ncaused by: ${withStack(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
