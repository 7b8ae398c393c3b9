/** Does `action` with a signal that aborts with `timeoutError` after `timeoutMs`, or together with `signal`. */
export async function withDeadline<Result>(
  { timeoutMs, timeoutError, signal }: Deadline,
  action: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  signal?.throwIfAborted();
  const controller = new AbortController();
  const abort = () => controller.abort(signal?.reason);
  const timer = setTimeout(() => controller.abort(timeoutError()), timeoutMs);
  signal?.addEventListener('abort', abort, { once: true });
  try {
    return await action(controller.signal);
  } catch (error) {
    // What an abort makes of the exchange is only its echo.
    throw controller.signal.aborted ? controller.signal.reason : error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}

export interface Deadline {
  readonly timeoutMs: number;
  readonly timeoutError: () => Error;
  readonly signal: AbortSignal | undefined;
}
