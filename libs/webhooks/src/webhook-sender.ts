import { type DeliveryOutcome, type WebhookDelivery } from '@tessera/queue';
import { deliverWebhook } from './deliver-webhook.js';
import { activeSecrets } from './endpoints/to-endpoint-object.js';
import { ReceiverHttp } from './receiver-http.js';
import { secretOfOwner } from './secret-of-owner.js';
import { toEventBody } from './to-event-body.js';

export interface WebhookSenderOptions {
  readonly allowedPrivateNetworks: readonly string[];
  /** Signs what goes to the webhook URLs of the administrator's jobs; those of other owners' follow from it. */
  readonly secret: string;
  /** Time a receiver gets to answer. */
  readonly timeoutMs: number;
}

/** Sends events. */
export class WebhookSender {
  private readonly http: ReceiverHttp;

  constructor(private readonly options: WebhookSenderOptions) {
    this.http = new ReceiverHttp({ allowedPrivateNetworks: options.allowedPrivateNetworks });
  }

  async send(delivery: WebhookDelivery): Promise<DeliveryOutcome> {
    const { job, endpoint, eventId, signal } = delivery;
    const url = endpoint?.url ?? job?.webhook?.url;
    const ownerId = endpoint?.ownerId ?? job?.ownerId;
    if (url === undefined || ownerId === undefined) {
      return { kind: 'abandon', reason: 'the job has no webhook' };
    }
    return deliverWebhook(this.http.posterOf(ownerId), {
      url,
      secrets:
        endpoint === undefined
          ? [secretOfOwner(this.options.secret, ownerId)]
          : activeSecrets(endpoint, Date.now()),
      eventId,
      body: toEventBody(delivery),
      timeoutMs: this.options.timeoutMs,
      signal,
    });
  }

  async close(): Promise<void> {
    await this.http.close();
  }
}
