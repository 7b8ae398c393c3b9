import { BATCH_EVENT_TYPES, type BatchEvent, JOB_EVENT_TYPES } from '@tessera/contracts';
import { z } from 'zod';
import { jobSchema } from './schemas.js';
import { unixSeconds } from './shapes.js';

/** Shapes of what is sent to webhooks. */

const envelope = {
  id: z.string().describe('The `webhook-id` header: the same on every attempt'),
  object: z.literal('event'),
  created_at: unixSeconds,
  timestamp: z.string().describe('`created_at` in ISO 8601'),
};

export const jobEventSchema = z.strictObject({
  ...envelope,
  type: z.enum(JOB_EVENT_TYPES),
  data: z
    .union([jobSchema, jobSchema.pick({ id: true, status: true, urls: true })])
    .describe('The job; where the event would pass 20 kB, its `id`, `status` and `urls` only'),
});

export const batchEventSchema = z.strictObject({
  ...envelope,
  type: z.enum(BATCH_EVENT_TYPES),
  data: z.strictObject({ id: z.string().describe('Id of the batch') }),
}) satisfies z.ZodType<BatchEvent>;
