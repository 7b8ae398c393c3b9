import { setTimeout as delay } from 'node:timers/promises';
import { StoredImageUnavailableError } from '@tessera/media';
import { type Logger } from '@tessera/observability';
import { ObjectStoreUnavailableError } from '@tessera/storage';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

/**
 * Tries again, with growing pauses, for as long as the object store cannot work: a full disk is no fault of a job's and
 * must not use up its attempts. Meanwhile the worker's attempts stay taken, so that it takes no more.
 * Rejects when the signal aborts, and with any other failure at once.
 */
export async function waitForStore<T>(
  work: () => Promise<T>,
  { signal, logger, jobId }: { signal: AbortSignal; logger: Logger; jobId: string },
): Promise<T> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      return await work();
    } catch (err) {
      if (!isStoreAway(err)) throw err;
      logger.warn({ err, jobId, pauseMs }, 'the object store cannot work; the job waits for it');
      await delay(pauseMs, undefined, { signal });
    }
  }
}

function isStoreAway(error: unknown): boolean {
  return error instanceof ObjectStoreUnavailableError || error instanceof StoredImageUnavailableError;
}
