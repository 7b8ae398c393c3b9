import { type Batch, type BatchRecord } from '@tessera/contracts';
import { optionalSeconds, toSeconds } from '../unix-seconds.js';

/** The Batch object that clients see, made of the record. */
export function toBatchObject(record: BatchRecord): Batch {
  const { total, completed, failed, tokens } = record;
  return {
    id: record.id,
    object: 'batch',
    endpoint: record.endpoint,
    model: record.model ?? null,
    errors: record.errors === undefined ? null : { object: 'list', data: record.errors },
    input_file_id: record.inputFileId,
    completion_window: record.completionWindow,
    status: record.status,
    output_file_id: record.outputFileId ?? null,
    error_file_id: record.errorFileId ?? null,
    created_at: toSeconds(record.createdAtMs),
    expires_at: toSeconds(record.deadlineAtMs),
    ...timesOf(record),
    request_counts: { total, completed, failed },
    usage: {
      input_tokens: tokens.input,
      input_tokens_details: { cached_tokens: tokens.cached },
      output_tokens: tokens.output,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: tokens.input + tokens.output,
    },
    metadata: record.metadata,
    priority: record.priority,
    retry_of: record.retryOf ?? null,
  };
}

type Times = Pick<
  Batch,
  | 'in_progress_at'
  | 'finalizing_at'
  | 'completed_at'
  | 'failed_at'
  | 'expired_at'
  | 'cancelling_at'
  | 'cancelled_at'
>;

function timesOf(record: BatchRecord): Times {
  const finishedAs = (status: BatchRecord['status']): number | null =>
    record.status === status ? optionalSeconds(record.finishedAtMs) : null;
  return {
    in_progress_at: optionalSeconds(record.inProgressAtMs),
    finalizing_at: optionalSeconds(record.finalizingAtMs),
    completed_at: finishedAs('completed'),
    failed_at: finishedAs('failed'),
    expired_at: finishedAs('expired'),
    cancelling_at: optionalSeconds(record.cancellingAtMs),
    cancelled_at: finishedAs('cancelled'),
  };
}
