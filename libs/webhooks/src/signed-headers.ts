import { Webhook } from 'standardwebhooks';

/** What is signed: exactly these bytes under this id. */
export interface SignedContent {
  /** `whsec_` and base64: while a secret is being replaced there are two, and the receiver may know either. */
  readonly secrets: readonly string[];
  readonly eventId: string;
  readonly body: string;
}

/** The headers of a delivery at `now`, with a signature of every secret as Standard Webhooks 1.0.0 says. */
export function signedHeaders({ secrets, eventId, body }: SignedContent, now: Date): Record<string, string> {
  return {
    'content-type': 'application/json',
    'user-agent': 'Tessera-Webhooks',
    'webhook-id': eventId,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(eventId, now, body)).join(' '),
  };
}
