import { type DisabledReason, TesseraError } from '@tessera/contracts';

export class WebhookDeliveryNotFoundError extends TesseraError {
  readonly code = 'webhook_delivery_not_found';

  constructor(readonly deliveryId: string) {
    super(`the log of this webhook endpoint has no delivery ${JSON.stringify(deliveryId.slice(0, 80))}`);
  }
}

export class WebhookEndpointDisabledError extends TesseraError {
  readonly code = 'webhook_endpoint_disabled';

  constructor(
    readonly endpointId: string,
    readonly reason: DisabledReason,
  ) {
    super(`${endpointId} is disabled (${reason}), so nothing is sent to it: enable it first`);
  }
}

/** The receiver of a test did not answer at all. */
export class WebhookUnreachableError extends TesseraError {
  readonly code = 'webhook_unreachable';

  constructor(readonly reason: string) {
    super(`the webhook endpoint did not answer: ${reason}`);
  }
}
