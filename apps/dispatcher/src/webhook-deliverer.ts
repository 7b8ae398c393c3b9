import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { type Config } from '@tessera/config';
import { type Logger } from '@tessera/observability';
import {
  type DeliveryOutcome,
  startWebhookConsumer,
  type WebhookConsumer,
  type WebhookDelivery,
} from '@tessera/queue';
import { type SafeHttp } from '@tessera/safe-fetch';
import { deliverWebhook, WEBHOOK_RETRY_DELAYS_MS } from '@tessera/webhooks';
import { toEventBody } from './to-event-body.js';
import { toQueueConnection } from './queue-connection.js';
import { CONFIG, LOGGER, SAFE_HTTP, WEBHOOK_SECRET } from './tokens.js';

/** Deliveries at a time: they wait for receivers, not for this machine. */
const CONCURRENT_DELIVERIES = 32;
/** Time a receiver gets to answer. */
const DELIVERY_TIMEOUT_MS = 20_000;
/** Time that deliveries under way get when the dispatcher stops; what is cut off is delivered again. */
const DRAIN_TIMEOUT_MS = 5_000;

/** Delivers job events to the jobs' webhook URLs, signed, until they are taken or the schedule ends. */
@Injectable()
export class WebhookDeliverer implements OnApplicationBootstrap, OnModuleDestroy {
  private consumer: WebhookConsumer | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(SAFE_HTTP) private readonly http: SafeHttp,
    @Inject(WEBHOOK_SECRET) private readonly secret: string,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { deliveryLockMs } = this.config.dispatcher;
    this.consumer = await startWebhookConsumer({
      connection: toQueueConnection(this.config),
      logger: this.logger,
      concurrency: CONCURRENT_DELIVERIES,
      retryDelaysMs: WEBHOOK_RETRY_DELAYS_MS,
      timings: { lockDurationMs: deliveryLockMs, claimAfterMs: deliveryLockMs },
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
    const { record, eventId, attempt, signal } = delivery;
    if (record.webhook === undefined) return { kind: 'abandon', reason: 'the job has no webhook' };
    const outcome = await deliverWebhook(this.http, {
      url: record.webhook.url,
      secret: this.secret,
      eventId,
      body: toEventBody(delivery),
      timeoutMs: DELIVERY_TIMEOUT_MS,
      signal,
    });
    this.logger.info({ jobId: record.id, eventId, attempt, outcome }, 'webhook attempt');
    return outcome;
  }
}
