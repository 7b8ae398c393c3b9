import { type ObjectStore } from '@tessera/storage';

/** Where the process is dead: nothing it does from here on reaches the store. */
export class KilledError extends Error {}

/** A store whose process is killed at its change number `killAt`, from 0, in the middle of it. */
export function killedStore(
  store: ObjectStore,
  killAt: number,
): { store: ObjectStore; changeCount: () => number } {
  let count = 0;
  const step = async (change: () => Promise<unknown>, halfOfIt: () => Promise<unknown>) => {
    count += 1;
    if (count <= killAt) return change();
    if (count === killAt + 1) await halfOfIt();
    throw new KilledError('killed');
  };
  const nothing = async () => undefined;
  const changes: Pick<ObjectStore, 'put' | 'putStream' | 'delete' | 'deletePrefix'> = {
    put: async (key, bytes) => void (await step(() => store.put(key, bytes), nothing)),
    putStream: async (key, source, options) =>
      (await step(
        () => store.putStream(key, source, options),
        () => store.putStream(key, cutOff(source), options).catch(nothing),
      )) as { bytes: number },
    delete: async (key) => void (await step(() => store.delete(key), nothing)),
    deletePrefix: async (prefix) =>
      void (await step(
        () => store.deletePrefix(prefix),
        async () => {
          for await (const key of store.list(prefix)) return store.delete(key);
        },
      )),
  };
  const reading: Omit<ObjectStore, keyof typeof changes> = {
    get: (key) => store.get(key),
    open: (key, options) => store.open(key, options),
    stat: (key) => store.stat(key),
    list: (prefix) => store.list(prefix),
    presignDownload: (key, options) => store.presignDownload(key, options),
  };
  return { store: { ...reading, ...changes }, changeCount: () => count };
}

async function* cutOff(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    yield chunk.subarray(0, chunk.length / 2);
    throw new KilledError('killed');
  }
}
