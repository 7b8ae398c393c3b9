export { checkWebhookUrl } from './check-webhook-url.js';
export { deliverWebhook, type WebhookAttempt } from './deliver-webhook.js';
export { isWebhookDeliveryId, isWebhookEndpointId } from './endpoints/endpoint-ids.js';
export { type EndpointFacts, EndpointStore, type EndpointStoreOptions } from './endpoints/endpoint-store.js';
export {
  activeSecrets,
  toDeliveryObject,
  toWebhookEndpoint,
  toWebhookEndpointWithSecret,
} from './endpoints/to-endpoint-object.js';
export { type EndpointUpkeep, startEndpointUpkeep } from './endpoints/start-endpoint-upkeep.js';
export * from './errors.js';
export { encodeEvent, type EventIdentity, toBatchEvent, toJobEvent } from './event-body.js';
export { WebhookSender, type WebhookSenderOptions } from './webhook-sender.js';
export { secretOfOwner } from './secret-of-owner.js';
export { loadWebhookSecret, type WebhookSecretSource } from './webhook-secret.js';
