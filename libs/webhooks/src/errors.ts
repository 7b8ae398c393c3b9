import { TesseraError } from '@tessera/contracts';

/** The secret that signs webhooks is not one, so no receiver could verify with it. */
export class WebhookSecretInvalidError extends TesseraError {
  readonly code = 'internal_error';
  constructor(
    /** Where the secret came from; the secret itself is in no message. */
    readonly source: string,
  ) {
    super(`the webhook secret of ${source} must be whsec_ and the base64 text of 24 to 64 bytes`);
  }

  override get retryable(): boolean {
    return false;
  }
}

/** The text is no URL that a webhook is delivered to. */
export class WebhookUrlInvalidError extends TesseraError {
  readonly code = 'invalid_value';
  constructor(
    readonly reason: string,
    options: { cause?: unknown } = {},
  ) {
    super(`the webhook URL cannot be used: ${reason}`, options);
  }
}

/** Another process has been changing the same endpoint, or making one of the same owner, for seconds. */
export class EndpointBusyError extends TesseraError {
  readonly code = 'service_unavailable';
  constructor(readonly lease: string) {
    super('the webhook endpoint is being changed by somebody else; try again');
  }
}

export class WebhookEndpointNotFoundError extends TesseraError {
  readonly code = 'webhook_endpoint_not_found';
  constructor(readonly endpointId: string) {
    super(`no webhook endpoint has the id ${JSON.stringify(endpointId.slice(0, 80))}`, { param: 'id' });
  }
}

export class TooManyEndpointsError extends TesseraError {
  readonly code = 'too_many_webhook_endpoints';
  constructor(readonly limit: number) {
    super(`at most ${limit} webhook endpoints may exist, and as many do: delete one first`);
  }
}
