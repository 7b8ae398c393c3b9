import { setTimeout as delay } from 'node:timers/promises';
import { StoredImageUnavailableError } from '@tessera/media';
import { type Logger } from '@tessera/observability';
import { ObjectStoreUnavailableError } from '@tessera/storage';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

/**
 * Tries again, with growing pauses, for as long as the object store cannot work: a full disk is no fault of a job's
 * or row's and must not use up its attempts. Meanwhile its place in the worker stays taken, so that no more is taken on.
 * Rejects when the signal aborts, and with any other failure at once.
 */
export async function waitForStore<T>(
  work: () => Promise<T>,
  { signal, logger }: { signal: AbortSignal; logger: Logger },
): Promise<T> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      return await work();
    } catch (err) {
      if (!isStoreAway(err)) throw err;
      logger.warn({ err, pauseMs }, 'the object store cannot work; what needs it waits');
      await delay(pauseMs, undefined, { signal });
    }
  }
}

function isStoreAway(error: unknown): boolean {
  return error instanceof ObjectStoreUnavailableError || error instanceof StoredImageUnavailableError;
}
