import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { type Config } from '@tessera/config';
import { type Logger } from '@tessera/observability';
import {
  type DeliveryOutcome,
  startWebhookConsumer,
  type WebhookConsumer,
  type WebhookDelivery,
} from '@tessera/queue';
import { EndpointStore, WebhookSender } from '@tessera/webhooks';
import { toQueueConnection } from './queue-connection.js';
import { CONFIG, LOGGER } from './tokens.js';

/** Receivers at a time: they are waited for, and cost this machine next to nothing. */
const MAX_RECEIVERS = 1_000;
/** Time that deliveries under way get when the dispatcher stops; what is cut off is delivered again. */
const DRAIN_TIMEOUT_MS = 5_000;

/** Delivers events to registered endpoints and to jobs' webhook URLs, signed, until they are taken or given up. */
@Injectable()
export class WebhookDeliverer implements OnApplicationBootstrap, OnModuleDestroy {
  private consumer: WebhookConsumer | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(WebhookSender) private readonly sender: WebhookSender,
    @Inject(EndpointStore) private readonly endpoints: EndpointStore,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { dispatcher, webhooks, jobs } = this.config;
    const { deliveryLockMs } = dispatcher;
    this.consumer = await startWebhookConsumer({
      connection: toQueueConnection(this.config),
      logger: this.logger,
      maxReceivers: MAX_RECEIVERS,
      scheduleMs: webhooks.scheduleMs,
      giveUp: webhooks.giveUp,
      log: { entries: webhooks.logEntries, ageMs: jobs.retentionSeconds * 1000 },
      timings: { holdMs: deliveryLockMs, claimAfterMs: deliveryLockMs },
      endpoints: this.endpoints,
      deliver: (delivery) => this.deliver(delivery),
    });
  }

  async onModuleDestroy(): Promise<void> {
    await this.consumer?.drain(DRAIN_TIMEOUT_MS);
  }

  async ping(): Promise<void> {
    await this.consumer?.ping();
  }

  private async deliver(delivery: WebhookDelivery): Promise<DeliveryOutcome> {
    const { endpoint, eventId, eventType, attempt, isTroubled } = delivery;
    const outcome = await this.sender.send(delivery);
    const facts = { eventId, eventType, endpointId: endpoint?.id, attempt, isTroubled };
    const { statusCode, latencyMs } = outcome.attempt ?? {};
    this.logger.info({ ...facts, outcome: outcome.kind, statusCode, latencyMs }, 'webhook attempt');
    return outcome;
  }
}
