import { isDeepStrictEqual } from 'node:util';
import { type DisabledReason, type EventType, type WebhookEndpointRecord } from '@tessera/contracts';
import { type Logger } from '@tessera/observability';
import { type WebhookIndex } from '@tessera/queue';
import { type ObjectStore } from '@tessera/storage';
import { TooManyEndpointsError, WebhookEndpointNotFoundError } from '../errors.js';
import { newWebhookSecret } from '../webhook-secret.js';
import { endpointKey, isWebhookEndpointId, newEndpointId } from './endpoint-ids.js';
import { indexStoredEndpoints } from './index-stored-endpoints.js';
import { readStoredEndpoint, writeStoredEndpoint } from './stored-endpoint.js';
import { withLease } from './with-lease.js';

const KEEP_OLD_SECRET_MS = 24 * 3_600_000;

export interface EndpointStoreOptions {
  readonly objectStore: ObjectStore;
  readonly index: WebhookIndex;
  /** Endpoints that one owner may have. */
  readonly maxPerOwner: number;
  readonly logger: Logger;
}

export interface EndpointFacts {
  readonly name: string;
  readonly url: string;
  readonly eventTypes: EventType[];
}

/** Registered endpoints: what was acknowledged is in the object store, and Redis has a copy that deliveries are made by. */
export class EndpointStore {
  constructor(private readonly options: EndpointStoreOptions) {}

  /** @throws {TooManyEndpointsError} */
  create(ownerId: string, facts: EndpointFacts): Promise<WebhookEndpointRecord> {
    const { objectStore, maxPerOwner } = this.options;
    return withLease(this.options, `webhook-endpoints-of:${ownerId}`, async () => {
      if ((await this.list(ownerId)).length >= maxPerOwner) throw new TooManyEndpointsError(maxPerOwner);
      const createdAtMs = Date.now();
      const own = { id: newEndpointId(), ownerId, createdAtMs, updatedAtMs: createdAtMs, revision: 1 };
      const record = { ...own, ...facts, secret: newWebhookSecret() };
      await writeStoredEndpoint(objectStore, record);
      await this.putNew(record);
      return record;
    });
  }

  /** Newest first. */
  async list(ownerId: string): Promise<WebhookEndpointRecord[]> {
    const records = await this.options.index.endpointsOf(ownerId);
    if (records !== 'unknown') return records;
    await this.restore();
    const restored = await this.options.index.endpointsOf(ownerId);
    return restored === 'unknown' ? [] : restored;
  }

  /** @throws {WebhookEndpointNotFoundError} also for another owner's */
  async get(ownerId: string, id: string): Promise<WebhookEndpointRecord> {
    const record = isWebhookEndpointId(id) ? await this.read(id) : undefined;
    if (record?.ownerId !== ownerId) throw new WebhookEndpointNotFoundError(id);
    return record;
  }

  /** Also enables it again, or disables it, where `isEnabled` says so. */
  update(
    ownerId: string,
    id: string,
    { isEnabled, ...facts }: Partial<EndpointFacts> & { isEnabled?: boolean },
  ): Promise<WebhookEndpointRecord> {
    return this.change(ownerId, id, ({ disabled, ...record }) => {
      const next = { ...record, ...facts };
      const isDisabled = isEnabled === undefined ? disabled !== undefined : !isEnabled;
      return isDisabled ? { ...next, disabled: disabled ?? { reason: 'requested', atMs: Date.now() } } : next;
    });
  }

  rotateSecret(
    ownerId: string,
    id: string,
    { keepOld }: { keepOld: boolean },
  ): Promise<WebhookEndpointRecord> {
    return this.change(ownerId, id, ({ previousSecret: _older, secret, ...record }) => ({
      ...record,
      secret: newWebhookSecret(),
      ...(keepOld ? { previousSecret: { secret, activeUntilMs: Date.now() + KEEP_OLD_SECRET_MS } } : {}),
    }));
  }

  /** @throws {WebhookEndpointNotFoundError} */
  async delete(ownerId: string, id: string): Promise<void> {
    await this.get(ownerId, id);
    const { objectStore, index } = this.options;
    await withLease(this.options, leaseOf(id), async () => {
      await objectStore.delete(endpointKey(id));
      await index.removeEndpoint(id);
    });
  }

  /** Gives an endpoint no more events until its owner enables it again. One that is disabled or gone stays as it is. */
  async disable(id: string, reason: DisabledReason): Promise<void> {
    const { objectStore, logger } = this.options;
    await withLease(this.options, leaseOf(id), async () => {
      const record = await readStoredEndpoint(objectStore, id);
      if (record === undefined || record.disabled !== undefined) return;
      await this.keep({ ...record, disabled: { reason, atMs: Date.now() } });
      const { ownerId, name } = record;
      logger.warn({ endpointId: id, ownerId, name, reason }, 'disabled a webhook endpoint');
    });
  }

  /** Puts the endpoints of the store into Redis, which has lost them, or may have. */
  async restore(): Promise<void> {
    const count = await indexStoredEndpoints(this.options);
    this.options.logger.info({ count }, 'read the webhook endpoints of the store');
  }

  /** Where Redis does not take it, it must not come back from the store: nobody would ever see its secret. */
  private async putNew(record: WebhookEndpointRecord): Promise<void> {
    const { objectStore, index, logger } = this.options;
    try {
      await index.putEndpoint(record);
    } catch (failure) {
      await objectStore.delete(endpointKey(record.id)).catch((err: unknown) => {
        logger.warn(
          { err, endpointId: record.id },
          'a webhook endpoint that was not made is left in the store',
        );
      });
      throw failure;
    }
  }

  private async read(id: string): Promise<WebhookEndpointRecord | undefined> {
    const record = await this.options.index.endpoint(id);
    if (record !== 'unknown') return record;
    await this.restore();
    const restored = await this.options.index.endpoint(id);
    return restored === 'unknown' ? undefined : restored;
  }

  private async change(
    ownerId: string,
    id: string,
    changed: (record: WebhookEndpointRecord) => WebhookEndpointRecord,
  ): Promise<WebhookEndpointRecord> {
    await this.get(ownerId, id);
    const { objectStore } = this.options;
    return withLease(this.options, leaseOf(id), async () => {
      const record = await readStoredEndpoint(objectStore, id);
      if (record === undefined) throw new WebhookEndpointNotFoundError(id);
      const next = changed(record);
      return isDeepStrictEqual(next, record) ? record : this.keep({ ...next, updatedAtMs: Date.now() });
    });
  }

  /** The store first: what is acknowledged outlives Redis. */
  private async keep(record: WebhookEndpointRecord): Promise<WebhookEndpointRecord> {
    const next = { ...record, revision: record.revision + 1 };
    await writeStoredEndpoint(this.options.objectStore, next);
    await this.options.index.putEndpoint(next);
    return next;
  }
}

function leaseOf(id: string): string {
  return `webhook-endpoint:${id}`;
}
