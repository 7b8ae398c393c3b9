import { addAbortSignal, finished, PassThrough, type Readable } from 'node:stream';
import { ObjectStoreUnavailableError } from './errors.js';

/**
 * Passes on what `source` gives of object `key`. A source that breaks off, or is silent for `idleTimeoutMs` although
 * the reader waits, fails as the store does.
 */
export function objectBody(
  key: string,
  source: Readable,
  { signal, idleTimeoutMs }: { signal?: AbortSignal | undefined; idleTimeoutMs?: number },
): Readable {
  const body = new PassThrough();
  const stopWatching = idleTimeoutMs === undefined ? undefined : watchIdleness(source, idleTimeoutMs);
  finished(source, { writable: false }, (error) => {
    stopWatching?.();
    if (error) body.destroy(new ObjectStoreUnavailableError('get', key, error));
  });
  finished(body, () => source.destroy());
  if (signal !== undefined) addAbortSignal(signal, body);
  return source.pipe(body);
}

/** Destroys `source` when it is silent for too long; the time that its reader keeps it waiting does not count. */
function watchIdleness(source: Readable, timeoutMs: number): () => void {
  const timer = setTimeout(() => {
    if (source.isPaused()) timer.refresh();
    else source.destroy(new Error(`no byte has come for ${timeoutMs} ms`));
  }, timeoutMs);
  source.on('data', () => timer.refresh());
  return () => clearTimeout(timer);
}
