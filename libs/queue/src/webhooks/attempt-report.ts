import { type DeliveryAttempt, type WebhookDeliveryRecord } from '@tessera/contracts';
import { type Logger } from '@tessera/observability';
import { withJitter } from '../retry.js';
import { toSeconds } from '../unix-seconds.js';
import { type DeliveryOutcome } from '../webhook-consumer.js';
import { type AttemptReport, type Hold } from './dispatch-scripts.js';

/** Share of a retry's delay that is left to chance. */
const JITTER = 0.1;

/** What is recorded of an attempt: when the next one is, by the schedule or as the receiver asks, or that there is none. */
export function toAttemptReport(
  { hold, delivery }: { hold: Hold; delivery: WebhookDeliveryRecord },
  outcome: DeliveryOutcome,
  { scheduleMs, logger }: { scheduleMs: readonly number[]; logger: Logger },
): AttemptReport {
  const { id: deliveryId, series, eventId, round } = delivery;
  const attempt = toAttempt(outcome);
  const facts = { eventId, receiverId: hold.receiverId, attempt: round + 1 };
  if (outcome.kind === 'delivered')
    return { deliveryId, series, outcome: 'delivered', attempt, counts: false };
  const { reason } = outcome;
  if (outcome.kind === 'abandon') {
    logger.error({ ...facts, reason }, 'the webhook refused the event for good');
    return { deliveryId, series, outcome: 'refused', attempt, counts: true };
  }
  const { retryAfterMs: restMs = 0, isAskedToWait = false } = outcome;
  const counts = !isAskedToWait;
  const scheduledMs = scheduleMs[round + 1];
  if (scheduledMs === undefined) {
    logger.error({ ...facts, reason }, 'gave up delivering the event, its attempts are used up');
    return { deliveryId, series, outcome: 'exhausted', attempt, restMs, counts };
  }
  const nextInMs = Math.max(withJitter(scheduledMs, JITTER), restMs);
  logger.warn({ ...facts, reason, delayMs: nextInMs }, 'the event could not be delivered yet');
  return { deliveryId, series, outcome: 'failed', attempt, nextInMs, restMs, counts };
}

/** An attempt as the log keeps it, in JSON. */
export function toAttempt({ attempt, ...outcome }: DeliveryOutcome): string {
  return JSON.stringify({
    at: toSeconds(Date.now()),
    status_code: attempt?.statusCode ?? null,
    latency_ms: Math.round(attempt?.latencyMs ?? 0),
    response_body: attempt?.excerpt ?? null,
    error: outcome.kind === 'delivered' ? null : outcome.reason,
  } satisfies DeliveryAttempt);
}
