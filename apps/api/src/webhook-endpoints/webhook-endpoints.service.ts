import { Inject, Injectable } from '@nestjs/common';
import { refuseFor } from '@tessera/chat-completions';
import { type Config } from '@tessera/config';
import {
  type CreateWebhookEndpointBody,
  type UpdateWebhookEndpointBody,
  type WebhookEndpoint,
  type WebhookEndpointRecord,
} from '@tessera/contracts';
import { UnknownCursorError } from '@tessera/queue';
import { checkWebhookUrl, EndpointStore, toWebhookEndpoint } from '@tessera/webhooks';
import { type ListEnvelope, toListEnvelope } from '../http/to-list-envelope.js';
import { CONFIG } from '../tokens.js';
import { type ListEndpointsQuery } from './list-queries.js';

@Injectable()
export class WebhookEndpointsService {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(EndpointStore) private readonly store: EndpointStore,
  ) {}

  /** @throws {RefusedParameterError | TooManyEndpointsError} */
  create(ownerId: string, body: CreateWebhookEndpointBody): Promise<WebhookEndpointRecord> {
    this.checkUrl(body.url);
    return this.store.create(ownerId, { name: body.name, url: body.url, eventTypes: body.event_types });
  }

  /** @throws {UnknownCursorError} */
  async list(ownerId: string, { limit, after }: ListEndpointsQuery): Promise<ListEnvelope<WebhookEndpoint>> {
    const records = await this.store.list(ownerId);
    const seen = after === undefined ? -1 : records.findIndex(({ id }) => id === after);
    if (after !== undefined && seen === -1) throw new UnknownCursorError(after, 'webhook endpoint');
    const rest = records.slice(seen + 1);
    return toListEnvelope(rest.slice(0, limit).map(toWebhookEndpoint), rest.length > limit);
  }

  /** @throws {WebhookEndpointNotFoundError} */
  get(ownerId: string, id: string): Promise<WebhookEndpointRecord> {
    return this.store.get(ownerId, id);
  }

  /** @throws {RefusedParameterError | WebhookEndpointNotFoundError} */
  update(ownerId: string, id: string, body: UpdateWebhookEndpointBody): Promise<WebhookEndpointRecord> {
    const { name, url, event_types: eventTypes, status } = body;
    if (url !== undefined) this.checkUrl(url);
    return this.store.update(ownerId, id, {
      ...(name === undefined ? {} : { name }),
      ...(url === undefined ? {} : { url }),
      ...(eventTypes === undefined ? {} : { eventTypes }),
      ...(status === undefined ? {} : { isEnabled: status === 'enabled' }),
    });
  }

  /** @throws {WebhookEndpointNotFoundError} */
  rotateSecret(ownerId: string, id: string, options: { keepOld: boolean }): Promise<WebhookEndpointRecord> {
    return this.store.rotateSecret(ownerId, id, options);
  }

  /** @throws {WebhookEndpointNotFoundError} */
  delete(ownerId: string, id: string): Promise<void> {
    return this.store.delete(ownerId, id);
  }

  private checkUrl(url: string): void {
    refuseFor('url', () => checkWebhookUrl(url, this.config.network));
  }
}
