import { type Batch, BATCH_STATUSES, type BatchUsage } from '@tessera/contracts';
import { z } from 'zod';
import { count, unixSeconds } from './shapes.js';

/** Shapes of batches in answers, for the OpenAPI document; `satisfies` holds them to the types that are sent. */

const usage = z.strictObject({
  input_tokens: count,
  input_tokens_details: z.strictObject({ cached_tokens: count }),
  output_tokens: count,
  output_tokens_details: z.strictObject({ reasoning_tokens: count }),
  total_tokens: count,
}) satisfies z.ZodType<BatchUsage>;

const errors = z.strictObject({
  object: z.literal('list'),
  data: z.array(
    z.strictObject({
      code: z.string(),
      message: z.string(),
      param: z.string().nullable(),
      line: z.int().min(1).nullable().describe('Line of the input file, counted from 1'),
    }),
  ),
});

export const batchSchema = z.strictObject({
  id: z.string(),
  object: z.literal('batch'),
  endpoint: z.string(),
  model: z.string().nullable().describe('Known once the input has been read'),
  errors: errors.nullable().describe('What is wrong with the input of a batch that has `failed`'),
  input_file_id: z.string(),
  completion_window: z.string(),
  status: z.enum(BATCH_STATUSES),
  output_file_id: z.string().nullable(),
  error_file_id: z.string().nullable(),
  created_at: unixSeconds,
  in_progress_at: unixSeconds.nullable(),
  expires_at: unixSeconds,
  finalizing_at: unixSeconds.nullable(),
  completed_at: unixSeconds.nullable(),
  failed_at: unixSeconds.nullable(),
  expired_at: unixSeconds.nullable(),
  cancelling_at: unixSeconds.nullable(),
  cancelled_at: unixSeconds.nullable(),
  request_counts: z.strictObject({ total: count, completed: count, failed: count }),
  usage,
  metadata: z.record(z.string(), z.string()).nullable(),
  priority: z.enum(['normal', 'low']),
  retry_of: z.string().nullable().describe('The batch whose failed rows this one repeats'),
}) satisfies z.ZodType<Batch>;
