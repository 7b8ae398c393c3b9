import { Inject, Injectable } from '@nestjs/common';
import { type WebhookDeliveryObject } from '@tessera/contracts';
import { type DeliveryQuery, type WebhookIndex } from '@tessera/queue';
import { EndpointStore, isWebhookDeliveryId, toDeliveryObject } from '@tessera/webhooks';
import { WebhookDeliveryNotFoundError, WebhookEndpointDisabledError } from '../errors/webhook.errors.js';
import { type ListEnvelope, toListEnvelope } from '../http/to-list-envelope.js';
import { WEBHOOK_INDEX } from '../tokens.js';

/** How many deliveries begin anew. */
export interface RedeliveredCount {
  object: 'webhook_endpoint.redelivery';
  webhook_endpoint_id: string;
  count: number;
}

/** What was delivered to an endpoint, or was to be. */
@Injectable()
export class WebhookDeliveriesService {
  constructor(
    @Inject(EndpointStore) private readonly endpoints: EndpointStore,
    @Inject(WEBHOOK_INDEX) private readonly index: WebhookIndex,
  ) {}

  /** @throws {WebhookEndpointNotFoundError | UnknownCursorError} */
  async list(
    ownerId: string,
    id: string,
    query: DeliveryQuery,
  ): Promise<ListEnvelope<WebhookDeliveryObject>> {
    await this.endpoints.get(ownerId, id);
    const { records, hasMore } = await this.index.deliveries(id, query);
    return toListEnvelope(records.map(toDeliveryObject), hasMore);
  }

  /** @throws {WebhookEndpointNotFoundError | WebhookEndpointDisabledError | WebhookDeliveryNotFoundError} */
  async redeliver(ownerId: string, id: string, deliveryId: string): Promise<WebhookDeliveryObject> {
    await this.checkEnabled(ownerId, id);
    const isId = isWebhookDeliveryId(deliveryId);
    const record = isId ? await this.index.redeliver(id, deliveryId) : undefined;
    if (record === undefined) throw new WebhookDeliveryNotFoundError(deliveryId);
    return toDeliveryObject(record);
  }

  /** @throws {WebhookEndpointNotFoundError | WebhookEndpointDisabledError} */
  async redeliverFailed(ownerId: string, id: string, sinceSeconds: number): Promise<RedeliveredCount> {
    await this.checkEnabled(ownerId, id);
    const count = await this.index.redeliverFailed(id, sinceSeconds * 1000);
    return { object: 'webhook_endpoint.redelivery', webhook_endpoint_id: id, count };
  }

  private async checkEnabled(ownerId: string, id: string): Promise<void> {
    const { disabled } = await this.endpoints.get(ownerId, id);
    if (disabled !== undefined) throw new WebhookEndpointDisabledError(id, disabled.reason);
  }
}
