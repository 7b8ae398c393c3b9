import {
  DELIVERY_STATUSES,
  DISABLED_REASONS,
  type DeliveryAttempt,
  eventTypeSchema,
  type WebhookDeliveryRecord,
  type WebhookEndpointRecord,
} from '@tessera/contracts';
import { z } from 'zod';
import { RecordInvalidError } from '../errors.js';
import { toFields } from '../hash-reply.js';

const count = z.int().min(0);
const countText = z.coerce.number().pipe(count);

const endpointRecordSchema: z.ZodType<WebhookEndpointRecord> = z.object({
  id: z.string(),
  ownerId: z.string(),
  name: z.string(),
  url: z.string(),
  eventTypes: z.array(eventTypeSchema),
  createdAtMs: count,
  updatedAtMs: count,
  revision: count,
  secret: z.string(),
  previousSecret: z.object({ secret: z.string(), activeUntilMs: count }).exactOptional(),
  disabled: z.object({ reason: z.enum(DISABLED_REASONS), atMs: count }).exactOptional(),
});

const attemptSchema: z.ZodType<DeliveryAttempt> = z.object({
  at: count,
  status_code: count.nullable(),
  latency_ms: count,
  response_body: z.string().nullable(),
  error: z.string().nullable(),
});

const deliveryFields = z.object({
  id: z.string(),
  receiverId: z.string(),
  eventId: z.string(),
  eventType: eventTypeSchema,
  subjectId: z.string(),
  requestId: z.string().exactOptional(),
  occurredAtMs: countText,
  createdAtMs: countText,
  status: z.enum(DELIVERY_STATUSES),
  round: countText,
  series: countText.default(0),
});

/** A delivery as scripts return it: its fields, when it is due or '', its attempts. */
export const deliveryReply = z.tuple([z.array(z.string()), z.string(), z.array(z.string())]);

/** @throws {RecordInvalidError} */
export function parseEndpointRecord(json: string): WebhookEndpointRecord {
  try {
    return endpointRecordSchema.parse(JSON.parse(json));
  } catch (cause) {
    // A cause from the parser may quote the text, and that holds a secret.
    const name =
      cause instanceof z.ZodError ? cause.issues.map(({ path }) => path.join('.')).join(', ') : 'not JSON';
    throw new RecordInvalidError('webhook endpoint', name);
  }
}

/** @throws {RecordInvalidError} */
export function parseDelivery([flat, due, attempts]: z.infer<typeof deliveryReply>): WebhookDeliveryRecord {
  try {
    return {
      ...deliveryFields.parse(toFields(flat)),
      ...(due === '' ? {} : { nextAttemptAtMs: Math.round(Number(due)) }),
      attempts: attempts.map((json) => attemptSchema.parse(JSON.parse(json))),
    };
  } catch (cause) {
    throw new RecordInvalidError('webhook delivery', cause);
  }
}
