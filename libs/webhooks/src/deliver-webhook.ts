import { TesseraError } from '@tessera/contracts';
import { type PostResult, type SafeHttp, UrlInvalidError, UrlNotAllowedError } from '@tessera/safe-fetch';
import { signedHeaders } from './signed-headers.js';

/** A receiver that asks for more is asked again all the same. */
const MAX_RETRY_AFTER_MS = 24 * 3600 * 1000;

export interface WebhookAttempt {
  readonly url: string;
  /** `whsec_` and base64. */
  readonly secret: string;
  /** The same on every attempt, so that the receiver can tell a repetition. */
  readonly eventId: string;
  /** Exactly what is signed and sent. */
  readonly body: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export type DeliveryOutcome =
  | { kind: 'delivered' }
  /** Worth another attempt; `retryAfterMs` is what the receiver asks to wait at least. */
  | { kind: 'retry'; reason: string; retryAfterMs?: number }
  /** Never worth another attempt. */
  | { kind: 'abandon'; reason: string };

/** One attempt to deliver an event, signed as Standard Webhooks 1.0.0 says. Rejects only when `signal` aborts. */
export async function deliverWebhook(http: SafeHttp, attempt: WebhookAttempt): Promise<DeliveryOutcome> {
  const { url, body, timeoutMs, signal } = attempt;
  try {
    const headers = signedHeaders(attempt, new Date());
    return toOutcome(await http.post(url, { headers, body, timeoutMs, signal, httpsOnly: true }));
  } catch (error) {
    if (!(error instanceof TesseraError)) throw error;
    const isLasting = error instanceof UrlInvalidError || error instanceof UrlNotAllowedError;
    return { kind: isLasting ? 'abandon' : 'retry', reason: error.message };
  }
}

function toOutcome({ status, retryAfterMs }: PostResult): DeliveryOutcome {
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  const reason = `the receiver answered with status ${status}`;
  if (status === 410) return { kind: 'abandon', reason };
  if (retryAfterMs === undefined) return { kind: 'retry', reason };
  return { kind: 'retry', reason, retryAfterMs: Math.min(retryAfterMs, MAX_RETRY_AFTER_MS) };
}
