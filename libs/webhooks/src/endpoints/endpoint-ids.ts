import { randomBytes } from 'node:crypto';

const ENDPOINT_ID = /^whe_[0-9a-f]{32}$/;
const DELIVERY_ID = /^whd_[0-9a-f]{40}$/;
const ENDPOINTS_PREFIX = 'webhook-endpoints/';
const STORED_ID = /^webhook-endpoints\/(whe_[0-9a-f]{32})\.json$/;

/** A new endpoint id: 128 random bits, so that nobody can guess another one's. */
export function newEndpointId(): string {
  return `whe_${randomBytes(16).toString('hex')}`;
}

/** Whether a text can be the id of an endpoint at all; what cannot never reaches Redis or the store. */
export function isWebhookEndpointId(text: string): boolean {
  return ENDPOINT_ID.test(text);
}

export function isWebhookDeliveryId(text: string): boolean {
  return DELIVERY_ID.test(text);
}

/** Object in which the store keeps an endpoint. */
export function endpointKey(id: string): string {
  return `${ENDPOINTS_PREFIX}${id}.json`;
}

/** Ids of the endpoints in the store. */
export async function* storedEndpointIds(store: {
  list(prefix: string): AsyncIterable<string>;
}): AsyncGenerator<string> {
  for await (const key of store.list(ENDPOINTS_PREFIX)) {
    const id = STORED_ID.exec(key)?.[1];
    if (id !== undefined) yield id;
  }
}
