import { type WebhookEndpointRecord } from '@tessera/contracts';
import { parseEndpointRecord } from '@tessera/queue';
import { ObjectNotFoundError, type ObjectStore } from '@tessera/storage';
import { endpointKey } from './endpoint-ids.js';

/** An endpoint as the store has it. Undefined: there is none. */
export async function readStoredEndpoint(
  objectStore: Pick<ObjectStore, 'get'>,
  id: string,
): Promise<WebhookEndpointRecord | undefined> {
  try {
    return parseEndpointRecord(Buffer.from(await objectStore.get(endpointKey(id))).toString('utf8'));
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return undefined;
    throw error;
  }
}

export async function writeStoredEndpoint(
  objectStore: Pick<ObjectStore, 'put'>,
  record: WebhookEndpointRecord,
): Promise<void> {
  await objectStore.put(endpointKey(record.id), Buffer.from(JSON.stringify(record)));
}
