import { z } from 'zod';
import { fileExpirySchema } from './file.js';
import { metadataSchema } from './job-request.js';

export const BATCH_STATUSES = [
  'validating',
  'failed',
  'in_progress',
  'finalizing',
  'completed',
  'expired',
  'cancelling',
  'cancelled',
] as const;
export type BatchStatus = (typeof BATCH_STATUSES)[number];

/** Statuses that a Batch never leaves. */
export const FINAL_BATCH_STATUSES = ['failed', 'completed', 'expired', 'cancelled'] as const;
export type FinalBatchStatus = (typeof FINAL_BATCH_STATUSES)[number];

/** Whether a Batch has ended. */
export function isFinalBatchStatus(status: BatchStatus): status is FinalBatchStatus {
  return FINAL_BATCH_STATUSES.some((final) => final === status);
}

/** The only endpoint whose requests a Batch may hold. */
export const BATCH_ENDPOINT = '/v1/chat/completions';

const HOURS_PER_UNIT = { h: 1, d: 24 } as const;
const COMPLETION_WINDOW = /^([1-9]\d{0,3})([hd])$/;
const LONGEST_WINDOW_HOURS = 30 * 24;
const WINDOW_RULE = 'must be a number of hours or days up to 30d, such as 24h or 7d';

const completionWindowSchema = z
  .string()
  .refine((text) => completionWindowHours(text) !== undefined, { message: WINDOW_RULE });

/** Body of `POST /v1/batches`. */
export const createBatchBodySchema = z.strictObject({
  input_file_id: z.string().min(1).max(200),
  endpoint: z.literal(BATCH_ENDPOINT),
  completion_window: completionWindowSchema,
  metadata: metadataSchema.nullish(),
  output_expires_after: fileExpirySchema.optional(),
  /** A Batch of low priority is worked on when its owner's others have no rows left to hand out. */
  priority: z.enum(['normal', 'low']).optional(),
});
export type CreateBatchBody = z.infer<typeof createBatchBodySchema>;

/** Body of `POST /v1/batches/{id}/retry`; what is absent is as in the Batch that is repeated. */
export const retryBatchBodySchema = z.strictObject({
  completion_window: completionWindowSchema.optional(),
  metadata: metadataSchema.nullish(),
});
export type RetryBatchBody = z.infer<typeof retryBatchBodySchema>;

/** Hours of a completion window (`24h`, `7d`); undefined for any other text. */
export function completionWindowHours(text: string): number | undefined {
  const match = COMPLETION_WINDOW.exec(text);
  if (match === null) return undefined;
  const hours = Number(match[1]) * HOURS_PER_UNIT[match[2] as 'h' | 'd'];
  return hours <= LONGEST_WINDOW_HOURS ? hours : undefined;
}

/** What is wrong with an input file: the line, counted from 1, where it is about one. */
export interface BatchError {
  code: string;
  message: string;
  param: string | null;
  line: number | null;
}

/** Rows of a Batch; those that never ran because it was cancelled or expired are neither completed nor failed. */
export interface BatchRequestCounts {
  total: number;
  completed: number;
  failed: number;
}

export interface BatchUsage {
  input_tokens: number;
  input_tokens_details: { cached_tokens: number };
  output_tokens: number;
  output_tokens_details: { reasoning_tokens: number };
  total_tokens: number;
}

/** The public Batch object, in OpenAI's shape. Times are Unix seconds. */
export interface Batch {
  id: string;
  object: 'batch';
  endpoint: string;
  /** Null until the input has been validated. */
  model: string | null;
  errors: { object: 'list'; data: BatchError[] } | null;
  input_file_id: string;
  completion_window: string;
  status: BatchStatus;
  output_file_id: string | null;
  error_file_id: string | null;
  created_at: number;
  in_progress_at: number | null;
  expires_at: number;
  finalizing_at: number | null;
  completed_at: number | null;
  failed_at: number | null;
  expired_at: number | null;
  cancelling_at: number | null;
  cancelled_at: number | null;
  request_counts: BatchRequestCounts;
  usage: BatchUsage;
  metadata: Record<string, string> | null;
  priority: 'normal' | 'low';
  /** The Batch whose failed rows this one repeats. */
  retry_of: string | null;
}
