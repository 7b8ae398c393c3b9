import { type ObjectStore } from '@tessera/storage';

/**
 * Ids below a prefix, as the segment that follows it, `batchSize` at a time. One comes again where its keys lie apart.
 */
export async function* storedIds(
  objectStore: Pick<ObjectStore, 'list'>,
  prefix: string,
  batchSize: number,
): AsyncGenerator<string[]> {
  let batch = new Set<string>();
  let last: string | undefined;
  for await (const key of objectStore.list(prefix)) {
    const id = key.slice(prefix.length).split('/', 1)[0] ?? '';
    if (id === last) continue;
    last = id;
    batch.add(id);
    if (batch.size < batchSize) continue;
    yield [...batch];
    batch = new Set();
  }
  if (batch.size > 0) yield [...batch];
}
