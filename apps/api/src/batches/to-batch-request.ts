import {
  type BatchRecord,
  type BatchRequest,
  completionWindowHours,
  type CreateBatchBody,
  type RetryBatchBody,
} from '@tessera/contracts';
import { InvalidValueError } from '../errors/request.errors.js';

/** What a batch is, whoever asks for it and when. */
export type BatchTerms = Omit<BatchRequest, FactName | 'deadlineAtMs'>;

/** What a batch has from its making. */
type FactName =
  'id' | 'ownerId' | 'weight' | 'maxQueuedRows' | 'maxTokensPerDay' | 'requestId' | 'createdAtMs';

const MS_PER_HOUR = 3_600_000;

/** The batch that a body of `POST /v1/batches` asks for. */
export function toBatchTerms(body: CreateBatchBody): BatchTerms {
  const { output_expires_after: expiry } = body;
  return {
    inputFileId: body.input_file_id,
    endpoint: body.endpoint,
    completionWindow: body.completion_window,
    metadata: body.metadata ?? null,
    priority: body.priority ?? 'normal',
    ...(expiry === undefined ? {} : { outputExpiresAfterSeconds: expiry.seconds }),
  };
}

/** The batch that repeats the failed rows of another one. `metadata: null` leaves it out, an absent one takes it over. */
export function toRetryTerms(earlier: BatchRecord, body: RetryBatchBody): BatchTerms {
  const { outputExpiresAfterSeconds: seconds } = earlier;
  return {
    inputFileId: earlier.inputFileId,
    endpoint: earlier.endpoint,
    completionWindow: body.completion_window ?? earlier.completionWindow,
    metadata: body.metadata === undefined ? earlier.metadata : body.metadata,
    priority: earlier.priority,
    ...(seconds === undefined ? {} : { outputExpiresAfterSeconds: seconds }),
    retryOf: earlier.id,
  };
}

/** @throws {InvalidValueError} unless its completion window is one */
export function toBatchRequest(terms: BatchTerms, facts: Pick<BatchRequest, FactName>): BatchRequest {
  const hours = completionWindowHours(terms.completionWindow);
  if (hours === undefined) {
    const given = JSON.stringify(terms.completionWindow);
    throw new InvalidValueError(`completion_window: ${given} is no window`, { param: 'completion_window' });
  }
  return { ...terms, ...facts, deadlineAtMs: facts.createdAtMs + hours * MS_PER_HOUR };
}

/** What was asked for when the batch was made, without what has become of it. */
export function requestOf(record: BatchRecord): BatchRequest {
  const { id, ownerId, weight, requestId, createdAtMs, deadlineAtMs, maxQueuedRows, maxTokensPerDay } =
    record;
  return {
    ...termsOf(record),
    ...{ id, ownerId, weight, requestId, createdAtMs, deadlineAtMs },
    ...(maxQueuedRows === undefined ? {} : { maxQueuedRows }),
    ...(maxTokensPerDay === undefined ? {} : { maxTokensPerDay }),
  };
}

/** The terms of a batch that exists. */
export function termsOf(record: BatchRecord): BatchTerms {
  const { inputFileId, endpoint, completionWindow, metadata, priority } = record;
  const { outputExpiresAfterSeconds, retryOf } = record;
  return {
    ...{ inputFileId, endpoint, completionWindow, metadata, priority },
    ...(outputExpiresAfterSeconds === undefined ? {} : { outputExpiresAfterSeconds }),
    ...(retryOf === undefined ? {} : { retryOf }),
  };
}
