/**
 * Runs `count` pieces of work side by side. The first that fails ends the others: their signal aborts, as it does when
 * the caller's does.
 */
export async function runTogether<T>(
  count: number,
  signal: AbortSignal | undefined,
  run: (index: number, signal: AbortSignal) => Promise<T>,
): Promise<T[]> {
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(signal?.reason);
  if (signal?.aborted === true) onAbort();
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.all(Array.from({ length: count }, (_, index) => run(index, controller.signal)));
  } catch (error) {
    controller.abort(error);
    throw error;
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}
