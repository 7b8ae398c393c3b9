import { inBatches, type WebhookIndex } from '@tessera/queue';
import { type ObjectStore } from '@tessera/storage';
import { storedEndpointIds } from './endpoint-ids.js';
import { readStoredEndpoint } from './stored-endpoint.js';

const CONCURRENT_READS = 16;

/**
 * Makes Redis have exactly the endpoints of the store, each as new as there. Endpoints may be made, changed and deleted
 * meanwhile. @returns how many there are
 */
export async function indexStoredEndpoints(objectStore: ObjectStore, index: WebhookIndex): Promise<number> {
  const before = new Set(await index.endpointIds());
  let count = 0;
  for await (const ids of inBatches(storedEndpointIds(objectStore), CONCURRENT_READS)) {
    const outcomes = await Promise.all(ids.map((id) => indexStoredEndpoint(objectStore, index, id)));
    count += outcomes.filter((isThere) => isThere).length;
    for (const id of ids) before.delete(id);
  }
  // In Redis before the store was listed, and not in the store: deleted, by a process that died over it.
  for (const id of before) {
    if ((await readStoredEndpoint(objectStore, id)) === undefined) await index.removeEndpoint(id);
  }
  await index.markEndpointsKnown();
  return count;
}

async function indexStoredEndpoint(
  objectStore: ObjectStore,
  index: WebhookIndex,
  id: string,
): Promise<boolean> {
  const record = await readStoredEndpoint(objectStore, id);
  if (record === undefined) return false;
  await index.putEndpoint(record);
  // Deleted meanwhile: whoever does it removes it from Redis after the store, and may have done so before us.
  const isThere = (await readStoredEndpoint(objectStore, id)) !== undefined;
  if (!isThere) await index.removeEndpoint(id);
  return isThere;
}
