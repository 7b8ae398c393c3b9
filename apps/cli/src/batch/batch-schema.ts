import { type BatchStatus, BATCH_STATUSES, isFinalBatchStatus } from '@tessera/contracts';
import { z } from 'zod';

/** The Batch object, as far as the command line reads it; the rest is handed on by `--json`. */
export const batchSchema = z.looseObject({
  id: z.string().min(1),
  object: z.literal('batch'),
  status: z.enum(BATCH_STATUSES),
  model: z.string().nullish(),
  errors: z
    .object({
      data: z.array(z.object({ code: z.string(), message: z.string(), line: z.int().nullish() })),
    })
    .nullish(),
  input_file_id: z.string(),
  output_file_id: z.string().nullish(),
  error_file_id: z.string().nullish(),
  created_at: z.int(),
  expires_at: z.int().nullish(),
  request_counts: z.object({ total: z.int(), completed: z.int(), failed: z.int() }),
  usage: z.object({ input_tokens: z.int(), output_tokens: z.int() }).nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
  retry_of: z.string().nullish(),
});
export type ServiceBatch = z.infer<typeof batchSchema>;

export const batchListSchema = z.object({ data: z.array(batchSchema), has_more: z.boolean() });
export type ServiceBatchList = z.infer<typeof batchListSchema>;

export const uploadedFileSchema = z.object({ id: z.string().min(1), object: z.literal('file') });

export function hasEnded({ status }: { status: BatchStatus }): boolean {
  return isFinalBatchStatus(status);
}
