/** Time that work gets to stop once it has been aborted; after it the worker goes on without it. */
export const STOP_GRACE_MS = 5_000;
/** Time for the last commands, once the work itself has ended. */
const CLOSE_TIMEOUT_MS = 3_000;

/**
 * Waits until a worker has closed: its work may go on for `timeoutMs`, is then aborted, and then abandoned. Resolves with
 * whether everything ended in an orderly way; with Redis away it may not.
 */
export async function drainWithin(
  timeoutMs: number,
  { closed, idle, abort }: { closed: Promise<unknown>; idle: Promise<unknown>; abort: () => void },
): Promise<boolean> {
  // Where Redis is away, closing takes for ever though there is no work left.
  const ended = Promise.race([closed, idle]);
  if (!(await settlesWithin(ended, timeoutMs))) {
    abort();
    if (!(await settlesWithin(ended, STOP_GRACE_MS + CLOSE_TIMEOUT_MS))) return false;
  }
  return settlesWithin(closed, CLOSE_TIMEOUT_MS);
}

async function settlesWithin(promise: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), timeoutMs);
  });
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
