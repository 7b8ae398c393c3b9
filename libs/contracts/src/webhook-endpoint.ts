import { z } from 'zod';
import { type EventType, eventTypeSchema } from './webhook-event.js';

/** Why an endpoint gets no events: it said 410, it failed for long, it fell too far behind, or its owner wants none. */
export const DISABLED_REASONS = ['gone', 'failing', 'backlog', 'requested'] as const;
export type DisabledReason = (typeof DISABLED_REASONS)[number];

/** A registered endpoint, as the store and Redis keep it. Times are Unix milliseconds. */
export interface WebhookEndpointRecord {
  id: string;
  ownerId: string;
  name: string;
  url: string;
  eventTypes: EventType[];
  createdAtMs: number;
  /** Of the last change of what its owner sets, secrets included. */
  updatedAtMs: number;
  /** One more with every change, so that an older copy is never taken for a newer one. */
  revision: number;
  /** `whsec_` and base64. */
  secret: string;
  /** The one before, which signs as well until then. */
  previousSecret?: { secret: string; activeUntilMs: number };
  disabled?: { reason: DisabledReason; atMs: number };
}

export const ENDPOINT_STATUSES = ['enabled', 'disabled'] as const;
export type EndpointStatus = (typeof ENDPOINT_STATUSES)[number];

/** The public object of `/v1/webhook_endpoints`. Times are Unix seconds. */
export interface WebhookEndpoint {
  id: string;
  object: 'webhook_endpoint';
  name: string;
  url: string;
  event_types: EventType[];
  created_at: number;
  updated_at: number;
  signing_secret_hint: string;
  status: EndpointStatus;
  disabled_reason: DisabledReason | null;
  disabled_at: number | null;
}

/** Answer of `GET /v1/webhooks/default/secret`. */
export interface WebhookSecret {
  key: string;
}

/** The only two answers that show a secret: to its creation and its rotation. */
export interface WebhookEndpointWithSecret extends WebhookEndpoint {
  signing_secret: string;
}

export interface WebhookEndpointTest {
  object: 'webhook_endpoint.test';
  event_type: EventType;
  /** Of the receiver's answer. */
  status_code: number;
  /** The receiver has answered, whatever. */
  success: true;
  webhook_endpoint_id: string;
}

/** `failed`: it is tried again. `exhausted`: it is not. */
export const DELIVERY_STATUSES = ['pending', 'delivered', 'failed', 'exhausted'] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** One attempt to deliver an event, as Redis and the API show it. */
export interface DeliveryAttempt {
  /** Unix seconds. */
  at: number;
  /** Null without an answer. */
  status_code: number | null;
  latency_ms: number;
  /** The first kilobyte of the answer's body. */
  response_body: string | null;
  error: string | null;
}

/** An event on its way to an endpoint, as Redis keeps it. Times are Unix milliseconds. */
export interface WebhookDeliveryRecord {
  id: string;
  /** Id of the endpoint; of a job's own webhook, what stands for its owner and origin. */
  receiverId: string;
  eventId: string;
  eventType: EventType;
  /** Id of the job or Batch. */
  subjectId: string;
  /** x-request-id of the HTTP request that made it; absent where it was removed before its event was taken up. */
  requestId?: string;
  occurredAtMs: number;
  createdAtMs: number;
  status: DeliveryStatus;
  /** Attempts since it was last asked for: its place in the schedule. */
  round: number;
  /** How often it was asked for again: attempts of another series end nothing. */
  series: number;
  /** When it is tried next; absent: not at all. */
  nextAttemptAtMs?: number;
  /** The latest ones, oldest first. */
  attempts: DeliveryAttempt[];
}

/** The public object of `/v1/webhook_endpoints/{id}/deliveries`. Times are Unix seconds. */
export interface WebhookDeliveryObject {
  id: string;
  object: 'webhook_endpoint.delivery';
  webhook_endpoint_id: string;
  event_id: string;
  event_type: EventType;
  status: DeliveryStatus;
  created_at: number;
  next_attempt_at: number | null;
  attempts: DeliveryAttempt[];
}

const name = z.string().min(1).max(200);
const url = z.string().min(1).max(2048);
const eventTypes = z
  .array(eventTypeSchema)
  .min(1)
  .max(100)
  .transform((types) => [...new Set(types)]);

/** Body of `POST /v1/webhook_endpoints`. */
export const createWebhookEndpointBodySchema = z.strictObject({ name, url, event_types: eventTypes });
export type CreateWebhookEndpointBody = z.output<typeof createWebhookEndpointBodySchema>;

/** Body of `POST /v1/webhook_endpoints/{id}`; what is absent stays. */
export const updateWebhookEndpointBodySchema = z.strictObject({
  name: name.optional(),
  url: url.optional(),
  event_types: eventTypes.optional(),
  status: z.enum(ENDPOINT_STATUSES).optional(),
});
export type UpdateWebhookEndpointBody = z.output<typeof updateWebhookEndpointBodySchema>;

/** Body of `POST /v1/webhook_endpoints/{id}/rotate_secret`. */
export const rotateWebhookSecretBodySchema = z.strictObject({
  keep_old_secret_active_for_24_hours: z.boolean().optional(),
});

/** Body of `POST /v1/webhook_endpoints/{id}/test`. */
export const testWebhookEndpointBodySchema = z.strictObject({ event_type: eventTypeSchema });

/** Body of `POST /v1/webhook_endpoints/{id}/redeliver`. */
export const redeliverBodySchema = z.strictObject({
  /** Unix seconds: events that occurred from then on. */
  since: z.int().min(0).max(253_402_300_799),
});
