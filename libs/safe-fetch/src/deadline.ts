export interface Deadline {
  readonly timeoutMs: number;
  readonly timeoutError: () => Error;
  readonly signal: AbortSignal | undefined;
}

/**
 * Does `action` with a signal that aborts with `timeoutError` after `timeoutMs`, or together with `signal`.
 * Rejects at that moment: undici hears an abort only once it is connected.
 */
export async function withDeadline<Result>(
  { timeoutMs, timeoutError, signal }: Deadline,
  action: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  signal?.throwIfAborted();
  const controller = new AbortController();
  const aborted = new Promise<never>((_, reject) => {
    controller.signal.addEventListener('abort', () => reject(controller.signal.reason as Error));
  });
  const abort = () => controller.abort(signal?.reason);
  const timer = setTimeout(() => controller.abort(timeoutError()), timeoutMs);
  signal?.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([aborted, action(controller.signal)]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}
