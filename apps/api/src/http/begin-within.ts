/**
 * Waits for the first value of a source, though not longer than `timeoutMs`, and gives the source on, whole.
 * Rejects where the source fails in that time; later failures come to whoever reads on.
 */
export async function beginWithin<T>(
  source: AsyncIterable<T>,
  timeoutMs: number,
): Promise<AsyncGenerator<T>> {
  const iterator = source[Symbol.asyncIterator]();
  const first = iterator.next();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs);
  });
  try {
    await Promise.race([first, late]);
  } finally {
    clearTimeout(timer);
  }
  // Heard of again by the reader; until there is one, a failure must not end the process.
  first.catch(() => undefined);
  return goOn(first, iterator);
}

async function* goOn<T>(
  first: Promise<IteratorResult<T, unknown>>,
  iterator: AsyncIterator<T, unknown>,
): AsyncGenerator<T> {
  try {
    for (let next = await first; next.done !== true; next = await iterator.next()) yield next.value;
  } finally {
    // Not waited for: a source in the middle of its next value only ends once that has come.
    void iterator.return?.().catch(() => undefined);
  }
}
