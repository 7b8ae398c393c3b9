import { addAbortSignal, finished, PassThrough, type Readable } from 'node:stream';
import { ObjectStoreUnavailableError } from './errors.js';

/** Passes on what `source` gives of object `key`; a source that breaks off fails as the store does. */
export function objectBody(key: string, source: Readable, signal: AbortSignal | undefined): Readable {
  const body = new PassThrough();
  finished(source, { writable: false }, (error) => {
    if (error) body.destroy(new ObjectStoreUnavailableError('get', key, error));
  });
  finished(body, () => source.destroy());
  if (signal !== undefined) addAbortSignal(signal, body);
  return source.pipe(body);
}
