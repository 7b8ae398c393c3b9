import pLimit from 'p-limit';

/**
 * Runs tasks, `concurrency` at a time. The first failure aborts the others, and is thrown once none is left running.
 */
export async function runAll<Item>(
  items: readonly Item[],
  { concurrency, signal }: { concurrency: number; signal: AbortSignal },
  task: (item: Item, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failure = new AbortController();
  const either = AbortSignal.any([signal, failure.signal]);
  const limit = pLimit(concurrency);
  const run = async (item: Item) => {
    if (either.aborted) return;
    await task(item, either).catch((error: unknown) => failure.abort(error));
  };
  await Promise.all(items.map((item) => limit(run, item)));
  either.throwIfAborted();
}
