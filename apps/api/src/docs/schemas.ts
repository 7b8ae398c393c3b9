import { type ErrorEnvelope } from '@tessera/chat-completions';
import {
  ERROR_CODES,
  type ErrorCode,
  type FinishReason,
  JOB_STATUSES,
  type JobTimings,
  type Usage,
} from '@tessera/contracts';
import { z } from 'zod';
import { apiKeySchema } from './api-key-schemas.js';
import { batchSchema } from './batch-schemas.js';
import { fileSchema } from './file-schemas.js';
import { count, unixSeconds } from './shapes.js';
import { webhookDeliverySchema, webhookEndpointSchema } from './webhook-schemas.js';
import { type Readiness } from '../health/health.service.js';
import { type ModelObject } from '../models/to-model-list.js';

/** Shapes of what the API answers, for the OpenAPI document; `satisfies` holds them to the types that are sent. */

const errorCodes = Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]];
const errorTypes = z.enum([
  'invalid_request_error',
  'not_found_error',
  'conflict_error',
  'rate_limit_error',
  'server_error',
]);

export const usage = z.strictObject({
  prompt_tokens: count,
  completion_tokens: count,
  total_tokens: count,
  prompt_tokens_details: z.strictObject({ cached_tokens: count, image_tokens: count }),
}) satisfies z.ZodType<Usage>;

const milliseconds = z.number().min(0);
const timings = z.strictObject({
  queue_ms: milliseconds,
  fetch_ms: milliseconds,
  preprocess_ms: milliseconds,
  vision_ms: milliseconds,
  prefill_ms: milliseconds,
  decode_ms: milliseconds,
  total_ms: milliseconds,
}) satisfies z.ZodType<JobTimings>;

export const finishReason = z.enum(['stop', 'length']) satisfies z.ZodType<FinishReason>;

const tiles = z
  .strictObject({ columns: count, rows: count, tiles: count, width: count, height: count })
  .describe('How one image was cut: columns x rows tiles, and a thumbnail when there is more than one');

export const jobSchema = z.strictObject({
  id: z.string(),
  object: z.literal('job'),
  status: z.enum(JOB_STATUSES),
  model: z.strictObject({ id: z.string(), revision: z.string().nullable() }),
  output: z.strictObject({ text: z.string(), finish_reason: finishReason }).nullable(),
  error: z.strictObject({ code: z.enum(errorCodes), message: z.string(), retryable: z.boolean() }).nullable(),
  usage: usage.nullable(),
  tiles: z.array(tiles).nullable().describe('One entry per image, in prompt order'),
  timings: timings.nullable(),
  metadata: z.record(z.string(), z.string()),
  urls: z.strictObject({ get: z.string(), cancel: z.string(), stream: z.string() }),
  created_at: unixSeconds,
  started_at: unixSeconds.nullable(),
  finished_at: unixSeconds.nullable(),
  expires_at: unixSeconds.nullable(),
  attempts: count,
  queue_position: count.optional().describe('Jobs before this one; only while it is queued'),
});

export const errorSchema = z.strictObject({
  error: z.strictObject({
    message: z.string(),
    type: errorTypes,
    param: z.string().nullable(),
    code: z.enum(errorCodes),
  }),
}) satisfies z.ZodType<ErrorEnvelope>;

export const deletedJobSchema = z.strictObject({
  id: z.string(),
  object: z.literal('job'),
  deleted: z.literal(true),
});

export const modelSchema = z.strictObject({
  id: z.string(),
  object: z.literal('model'),
  created: unixSeconds,
  owned_by: z.literal('tessera'),
  served: z.boolean().describe('Whether a worker serves it now'),
  revision: z.string().nullable(),
  context_tokens: count.nullable(),
  tokens_per_tile: count.nullable(),
  tile_size_pixels: count.nullable(),
  default_max_tiles: count.nullable(),
  precision: z.string().nullable(),
  device: z.string().nullable(),
}) satisfies z.ZodType<ModelObject>;

export const readinessSchema = z.strictObject({
  status: z.enum(['ready', 'not_ready']),
  parts: z.strictObject({ redis: z.string(), store: z.string(), process: z.string() }),
}) satisfies z.ZodType<Readiness>;

export const livenessSchema = z.strictObject({ status: z.literal('live') });

export const jobListSchema = listOf(jobSchema);
export const batchListSchema = listOf(batchSchema);
export const fileListSchema = listOf(fileSchema);
export const modelListSchema = listOf(modelSchema);
export const webhookEndpointListSchema = listOf(webhookEndpointSchema);
export const webhookDeliveryListSchema = listOf(webhookDeliverySchema);
export const apiKeyListSchema = listOf(apiKeySchema);

/** The list envelope around items of this shape. */
function listOf(item: z.ZodType) {
  return z.strictObject({
    object: z.literal('list'),
    data: z.array(item),
    first_id: z.string().nullable(),
    last_id: z.string().nullable(),
    has_more: z.boolean(),
  });
}
