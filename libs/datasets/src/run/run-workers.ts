/**
 * Runs all workers to their end. The first that fails aborts the others through `abort`, so that nothing goes on behind
 * the caller's back.
 * @throws that worker's error, or the reason of an abort that came from outside
 */
export async function runWorkers(
  workers: readonly (() => Promise<void>)[],
  abort: AbortController,
): Promise<void> {
  await Promise.all(
    workers.map((worker) =>
      worker().catch((error: unknown) => {
        abort.abort(error);
      }),
    ),
  );
  abort.signal.throwIfAborted();
}
