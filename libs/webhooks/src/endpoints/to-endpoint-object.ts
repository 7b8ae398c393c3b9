import {
  type WebhookDeliveryObject,
  type WebhookDeliveryRecord,
  type WebhookEndpoint,
  type WebhookEndpointRecord,
  type WebhookEndpointWithSecret,
} from '@tessera/contracts';

/** Characters of the secret's end that its hint shows. */
const HINT_LENGTH = 4;

/** The public object, without the secret. */
export function toWebhookEndpoint(record: WebhookEndpointRecord): WebhookEndpoint {
  const { disabled } = record;
  return {
    id: record.id,
    object: 'webhook_endpoint',
    name: record.name,
    url: record.url,
    event_types: record.eventTypes,
    created_at: toSeconds(record.createdAtMs),
    updated_at: toSeconds(record.updatedAtMs),
    signing_secret_hint: `whsec_...${record.secret.slice(-HINT_LENGTH)}`,
    status: disabled === undefined ? 'enabled' : 'disabled',
    disabled_reason: disabled?.reason ?? null,
    disabled_at: disabled === undefined ? null : toSeconds(disabled.atMs),
  };
}

/** With the secret: for the answers to its creation and rotation only. */
export function toWebhookEndpointWithSecret(record: WebhookEndpointRecord): WebhookEndpointWithSecret {
  return { ...toWebhookEndpoint(record), signing_secret: record.secret };
}

export function toDeliveryObject(record: WebhookDeliveryRecord): WebhookDeliveryObject {
  const { nextAttemptAtMs } = record;
  return {
    id: record.id,
    object: 'webhook_endpoint.delivery',
    webhook_endpoint_id: record.receiverId,
    event_id: record.eventId,
    event_type: record.eventType,
    status: record.status,
    created_at: toSeconds(record.createdAtMs),
    next_attempt_at: nextAttemptAtMs === undefined ? null : toSeconds(nextAttemptAtMs),
    attempts: record.attempts,
  };
}

/** The secrets that sign now. */
export function activeSecrets({ secret, previousSecret }: WebhookEndpointRecord, nowMs: number): string[] {
  const isKept = previousSecret !== undefined && previousSecret.activeUntilMs > nowMs;
  return isKept ? [secret, previousSecret.secret] : [secret];
}

function toSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}
