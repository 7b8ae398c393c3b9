import { type ObjectStore } from '@tessera/storage';

/** The bytes of objects, one object after the other. */
export async function* readParts(
  objectStore: Pick<ObjectStore, 'open'>,
  keys: readonly string[],
): AsyncGenerator<Uint8Array> {
  for (const key of keys) {
    const { body } = await objectStore.open(key);
    yield* body as AsyncIterable<Uint8Array>;
  }
}
