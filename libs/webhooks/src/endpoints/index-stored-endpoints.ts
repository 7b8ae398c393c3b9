import { type WebhookEndpointRecord } from '@tessera/contracts';
import { type Logger } from '@tessera/observability';
import { inBatches, RecordInvalidError, type WebhookIndex } from '@tessera/queue';
import { type ObjectStore } from '@tessera/storage';
import { storedEndpointIds } from './endpoint-ids.js';
import { readStoredEndpoint } from './stored-endpoint.js';

const CONCURRENT_READS = 16;

export interface StoredEndpointsOptions {
  readonly objectStore: ObjectStore;
  readonly index: WebhookIndex;
  readonly logger: Logger;
}

/**
 * Makes Redis have exactly the endpoints of the store, each as new as there. Endpoints may be made, changed and deleted
 * meanwhile. One that is damaged is logged and left as Redis has it: it must not keep all others from their events.
 * @returns how many there are
 */
export async function indexStoredEndpoints(options: StoredEndpointsOptions): Promise<number> {
  const { objectStore, index } = options;
  const before = new Set(await index.endpointIds());
  let count = 0;
  for await (const ids of inBatches(storedEndpointIds(objectStore), CONCURRENT_READS)) {
    const outcomes = await Promise.all(ids.map((id) => indexStoredEndpoint(options, id)));
    count += outcomes.filter((isThere) => isThere).length;
    for (const id of ids) before.delete(id);
  }
  // In Redis before the store was listed, and not in the store: deleted, by a process that died over it.
  for (const id of before) {
    if ((await readIfValid(options, id)) === 'none') await index.removeEndpoint(id);
  }
  await index.markEndpointsKnown();
  return count;
}

async function indexStoredEndpoint(options: StoredEndpointsOptions, id: string): Promise<boolean> {
  const record = await readIfValid(options, id);
  if (typeof record === 'string') return false;
  await options.index.putEndpoint(record);
  // Deleted meanwhile: whoever does it removes it from Redis after the store, and may have done so before us.
  const isThere = (await readIfValid(options, id)) !== 'none';
  if (!isThere) await options.index.removeEndpoint(id);
  return isThere;
}

async function readIfValid(
  { objectStore, logger }: StoredEndpointsOptions,
  id: string,
): Promise<WebhookEndpointRecord | 'none' | 'unreadable'> {
  try {
    return (await readStoredEndpoint(objectStore, id)) ?? 'none';
  } catch (err) {
    if (!(err instanceof RecordInvalidError)) throw err;
    logger.error(
      { err, endpointId: id },
      'the record of a webhook endpoint cannot be read; it is left as it is',
    );
    return 'unreadable';
  }
}
