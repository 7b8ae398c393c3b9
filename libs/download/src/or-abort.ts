/**
 * Settles as `promise` does, or rejects with the signal's reason at the moment it is aborted: undici hears an abort
 * only once it is connected.
 */
export function orAbort<Result>(promise: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    // The reason is what the caller chose to be rejected with.
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
