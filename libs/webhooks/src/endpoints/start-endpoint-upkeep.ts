import { type Logger } from '@tessera/observability';
import { type DeliveryLogBounds, RepeatedPass, type WebhookIndex } from '@tessera/queue';
import { type ObjectStore } from '@tessera/storage';
import { indexStoredEndpoints } from './index-stored-endpoints.js';

const EVERY_MS = 3_600_000;

export interface EndpointUpkeepOptions {
  readonly objectStore: ObjectStore;
  readonly index: WebhookIndex;
  readonly log: DeliveryLogBounds;
  readonly logger: Logger;
}

export interface EndpointUpkeep {
  stop(): Promise<void>;
}

/** Keeps the endpoints in Redis like those of the store, and their logs within bounds where nothing is delivered. */
export function startEndpointUpkeep(options: EndpointUpkeepOptions): EndpointUpkeep {
  const { logger } = options;
  return new RepeatedPass(
    { name: 'webhook endpoints', everyMs: EVERY_MS, run: () => keepInOrder(options) },
    logger,
  );
}

async function keepInOrder({ log, ...options }: EndpointUpkeepOptions): Promise<void> {
  const { index } = options;
  await indexStoredEndpoints(options);
  for (const id of await index.endpointIds()) await index.trimLog(id, log);
}
