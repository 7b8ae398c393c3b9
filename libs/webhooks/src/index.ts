export { checkWebhookUrl } from './check-webhook-url.js';
export { deliverWebhook, type DeliveryOutcome, type WebhookAttempt } from './deliver-webhook.js';
export * from './errors.js';
export { encodeEvent, type EventIdentity, toJobEvent } from './job-event.js';
export { WEBHOOK_RETRY_DELAYS_MS } from './retry-schedule.js';
export { loadWebhookSecret, type WebhookSecretSource } from './webhook-secret.js';
