import { type DeliveryOutcome, type WebhookDelivery } from '@tessera/queue';
import { lookupBySystem } from '@tessera/safe-fetch';
import pLimit from 'p-limit';
import { deliverWebhook } from './deliver-webhook.js';
import { activeSecrets } from './endpoints/to-endpoint-object.js';
import { ReceiverHttp } from './receiver-http.js';
import { secretOfOwner } from './secret-of-owner.js';
import { toEventBody } from './to-event-body.js';

/** Of Node's four threads that ask the system for addresses; the others stay free for receivers that work. */
const LOOKUPS_OF_TROUBLED_RECEIVERS = 2;

export interface WebhookSenderOptions {
  readonly allowedPrivateNetworks: readonly string[];
  /** Signs what goes to the webhook URLs of the administrator's jobs; those of other owners' follow from it. */
  readonly secret: string;
  /** Time a receiver gets to answer. */
  readonly timeoutMs: number;
}

/** Sends events. Receivers that fail or are slow share few lookups of names, so that theirs never hold up another's. */
export class WebhookSender {
  private readonly steadyHttp: ReceiverHttp;
  private readonly troubledHttp: ReceiverHttp;

  constructor(private readonly options: WebhookSenderOptions) {
    const { allowedPrivateNetworks } = options;
    const limit = pLimit(LOOKUPS_OF_TROUBLED_RECEIVERS);
    this.steadyHttp = new ReceiverHttp({ allowedPrivateNetworks });
    this.troubledHttp = new ReceiverHttp({
      allowedPrivateNetworks,
      lookup: (hostname) => limit(() => lookupBySystem(hostname)),
    });
  }

  async send(delivery: WebhookDelivery): Promise<DeliveryOutcome> {
    const { job, endpoint, eventId, isTroubled, signal } = delivery;
    const url = endpoint?.url ?? job?.webhook?.url;
    const ownerId = endpoint?.ownerId ?? job?.ownerId;
    if (url === undefined || ownerId === undefined) {
      return { kind: 'abandon', reason: 'the job has no webhook' };
    }
    const http = isTroubled ? this.troubledHttp : this.steadyHttp;
    return deliverWebhook(http.posterOf(ownerId), {
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
    await Promise.all([this.steadyHttp.close(), this.troubledHttp.close()]);
  }
}
