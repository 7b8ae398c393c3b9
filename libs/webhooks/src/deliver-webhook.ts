import { TesseraError } from '@tessera/contracts';
import { type AttemptFacts, type DeliveryOutcome } from '@tessera/queue';
import { type PostResult, UrlInvalidError, UrlNotAllowedError } from '@tessera/safe-fetch';
import { type ReceiverPoster } from './receiver-http.js';
import { signedHeaders } from './signed-headers.js';

/** A receiver that asks for more is asked again all the same. */
const MAX_RETRY_AFTER_MS = 24 * 3600 * 1000;
/** Of the answer's body, for whoever looks at the log. */
const EXCERPT_BYTES = 1_024;

export interface WebhookAttempt {
  readonly url: string;
  /** `whsec_` and base64, each of which signs. */
  readonly secrets: readonly string[];
  /** The same on every attempt, so that the receiver can tell a repetition. */
  readonly eventId: string;
  /** Exactly what is signed and sent. */
  readonly body: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** One attempt to deliver an event, signed as Standard Webhooks 1.0.0 says. Rejects only when `signal` aborts. */
export async function deliverWebhook(
  http: ReceiverPoster,
  attempt: WebhookAttempt,
): Promise<DeliveryOutcome> {
  const { url, body, timeoutMs, signal } = attempt;
  const startedAtMs = performance.now();
  try {
    const headers = signedHeaders(attempt, new Date());
    const request = { headers, body, timeoutMs, signal, httpsOnly: true, excerptBytes: EXCERPT_BYTES };
    const result = await http.post(url, request);
    const latencyMs = performance.now() - startedAtMs;
    return toOutcome(result, { statusCode: result.status, latencyMs, excerpt: result.excerpt });
  } catch (error) {
    if (!(error instanceof TesseraError)) throw error;
    const facts = { statusCode: undefined, latencyMs: performance.now() - startedAtMs, excerpt: undefined };
    const isLasting = error instanceof UrlInvalidError || error instanceof UrlNotAllowedError;
    return { kind: isLasting ? 'abandon' : 'retry', reason: error.message, attempt: facts };
  }
}

function toOutcome({ status, retryAfterMs }: PostResult, attempt: AttemptFacts): DeliveryOutcome {
  if (status >= 200 && status < 300) return { kind: 'delivered', attempt };
  const reason = `the receiver answered with status ${status}`;
  if (status === 410) return { kind: 'abandon', reason, isGone: true, attempt };
  const isAskedToWait = status === 429 || retryAfterMs !== undefined;
  const outcome = { kind: 'retry', reason, isAskedToWait, attempt } as const;
  if (retryAfterMs === undefined) return outcome;
  return { ...outcome, retryAfterMs: Math.min(retryAfterMs, MAX_RETRY_AFTER_MS) };
}
