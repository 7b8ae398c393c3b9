/**
 * Passes `source` on, and yields `filler` whenever nothing has come for `intervalMs`. One value is asked for at a
 * time, so a slow reader slows the source down. When the reader stops, the source is told to stop as well.
 */
export async function* withKeepAlive<T>(
  source: AsyncIterable<T>,
  intervalMs: number,
  filler: T,
): AsyncGenerator<T, void, undefined> {
  const iterator = source[Symbol.asyncIterator]();
  let next = iterator.next();
  try {
    for (;;) {
      const outcome = await nextOrSilence(next, intervalMs);
      if (outcome === 'silence') {
        yield filler;
      } else if (outcome.done === true) {
        return;
      } else {
        yield outcome.value;
        next = iterator.next();
      }
    }
  } finally {
    // Not waited for: a source in the middle of its next value only ends once that has come.
    void iterator.return?.()?.catch(() => undefined);
  }
}

async function nextOrSilence<T>(
  next: Promise<IteratorResult<T, unknown>>,
  intervalMs: number,
): Promise<IteratorResult<T, unknown> | 'silence'> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<'silence'>((resolve) => {
    timer = setTimeout(() => resolve('silence'), intervalMs);
  });
  try {
    return await Promise.race([next, silence]);
  } finally {
    clearTimeout(timer);
  }
}
