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
