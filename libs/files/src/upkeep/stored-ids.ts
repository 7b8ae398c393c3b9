import { inBatches } from '@tessera/queue';
import { type ObjectStore } from '@tessera/storage';

/**
 * Ids below a prefix, as the segment that follows it, `batchSize` at a time. One comes again where its keys lie apart.
 */
export function storedIds(
  objectStore: Pick<ObjectStore, 'list'>,
  prefix: string,
  batchSize: number,
): AsyncGenerator<string[]> {
  return inBatches(idsBelow(objectStore, prefix), batchSize);
}

/** One for all its keys that come one after the other. */
async function* idsBelow(objectStore: Pick<ObjectStore, 'list'>, prefix: string): AsyncGenerator<string> {
  let last: string | undefined;
  for await (const key of objectStore.list(prefix)) {
    const id = key.slice(prefix.length).split('/', 1)[0] ?? '';
    if (id === last) continue;
    last = id;
    yield id;
  }
}
