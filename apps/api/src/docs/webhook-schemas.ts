import {
  DELIVERY_STATUSES,
  DISABLED_REASONS,
  type DeliveryAttempt,
  ENDPOINT_STATUSES,
  EVENT_TYPES,
  type WebhookDeliveryObject,
  type WebhookEndpoint,
  type WebhookEndpointTest,
  type WebhookEndpointWithSecret,
  type WebhookSecret,
} from '@tessera/contracts';
import { z } from 'zod';
import { count, unixSeconds } from './shapes.js';

/** Shapes of what `/v1/webhook_endpoints` answers, and of events. */

const endpointFields = {
  id: z.string(),
  object: z.literal('webhook_endpoint'),
  name: z.string(),
  url: z.string(),
  event_types: z.array(z.enum(EVENT_TYPES)),
  created_at: unixSeconds,
  updated_at: unixSeconds.describe('Of the last change of what its owner sets'),
  signing_secret_hint: z.string().describe('The end of its secret'),
  status: z.enum(ENDPOINT_STATUSES),
  disabled_reason: z
    .enum(DISABLED_REASONS)
    .nullable()
    .describe(
      '`gone`: it answered 410; `failing`: it took no event for too long; `backlog`: too many were waiting for it; ' +
        '`requested`: its owner disabled it',
    ),
  disabled_at: unixSeconds.nullable(),
};

export const webhookEndpointSchema = z.strictObject(endpointFields) satisfies z.ZodType<WebhookEndpoint>;

export const webhookEndpointWithSecretSchema = z.strictObject({
  ...endpointFields,
  signing_secret: z.string().describe('`whsec_` and base64; shown this once'),
}) satisfies z.ZodType<WebhookEndpointWithSecret>;

export const deletedWebhookEndpointSchema = z.strictObject({
  id: z.string(),
  object: z.literal('webhook_endpoint.deleted'),
  deleted: z.literal(true),
});

export const webhookEndpointTestSchema = z.strictObject({
  object: z.literal('webhook_endpoint.test'),
  event_type: z.enum(EVENT_TYPES),
  status_code: z.int().describe('What the receiver answered'),
  success: z.literal(true).describe('It has answered; `status_code` says what'),
  webhook_endpoint_id: z.string(),
}) satisfies z.ZodType<WebhookEndpointTest>;

export const webhookSecretSchema = z.strictObject({
  key: z.string().describe('`whsec_` and base64'),
}) satisfies z.ZodType<WebhookSecret>;

const attempt = z.strictObject({
  at: unixSeconds,
  status_code: z.int().nullable().describe('Null without an answer'),
  latency_ms: count,
  response_body: z
    .string()
    .nullable()
    .describe(
      "Its first kilobyte; empty where the receiver's address is private, unless for the administrator's key",
    ),
  error: z.string().nullable(),
}) satisfies z.ZodType<DeliveryAttempt>;

export const webhookDeliverySchema = z.strictObject({
  id: z.string(),
  object: z.literal('webhook_endpoint.delivery'),
  webhook_endpoint_id: z.string(),
  event_id: z.string().describe('The `webhook-id` header: the same on every attempt'),
  event_type: z.enum(EVENT_TYPES),
  status: z.enum(DELIVERY_STATUSES).describe('`failed` is tried again, `exhausted` is not'),
  created_at: unixSeconds,
  next_attempt_at: unixSeconds.nullable(),
  attempts: z.array(attempt).describe('The latest ones, oldest first'),
}) satisfies z.ZodType<WebhookDeliveryObject>;

export const redeliverySchema = z.strictObject({
  object: z.literal('webhook_endpoint.redelivery'),
  webhook_endpoint_id: z.string(),
  count: count.describe('Deliveries that begin anew'),
});
