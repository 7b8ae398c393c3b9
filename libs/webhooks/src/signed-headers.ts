import { Webhook } from 'standardwebhooks';

/** What is signed: exactly these bytes under this id. */
export interface SignedContent {
  /** `whsec_` and base64. */
  readonly secret: string;
  readonly eventId: string;
  readonly body: string;
}

/** The headers of a delivery at `now`, its signature as Standard Webhooks 1.0.0 says. */
export function signedHeaders({ secret, eventId, body }: SignedContent, now: Date): Record<string, string> {
  return {
    'content-type': 'application/json',
    'user-agent': 'Tessera-Webhooks',
    'webhook-id': eventId,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign(eventId, now, body),
  };
}
