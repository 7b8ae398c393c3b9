import { TesseraError } from '@tessera/contracts';
import { type ServiceBatch } from './batch-schema.js';

/** The file to submit is missing, no file, or cannot be read. */
export class InputUnreadableError extends TesseraError {
  readonly code = 'file_invalid';
  constructor(
    readonly path: string,
    readonly reason: string,
    options: { cause?: unknown } = {},
  ) {
    super(`${path} cannot be submitted: ${reason}`, options);
  }
}

/** A batch that was waited for did not come to its proper end. */
export class BatchNotCompletedError extends TesseraError {
  readonly code = 'invalid_request';
  constructor(readonly batch: ServiceBatch) {
    super(`batch ${batch.id} ended ${batch.status}`);
  }
}

/** `--fail-on-error`: the batch is complete, but not every row has an answer. */
export class BatchRowsFailedError extends TesseraError {
  readonly code = 'invalid_request';
  constructor(readonly batch: ServiceBatch) {
    super(`${batch.request_counts.failed} rows of batch ${batch.id} failed (--fail-on-error)`);
  }
}

/** The batch has not written this file: it has not ended, or no row belongs into it. */
export class NoResultsError extends TesseraError {
  readonly code = 'file_not_found';
  constructor(
    readonly batchId: string,
    readonly reason: string,
  ) {
    super(`batch ${batchId} has ${reason}`);
  }
}

/** `recover` cannot reach the Redis that it is to fill. */
export class RecoveryRedisError extends TesseraError {
  readonly code = 'service_unavailable';
  constructor(
    /** The address tried where REDIS_URL is not set; that one may hold a password. */
    readonly defaultUrl: string | undefined,
    cause: unknown,
  ) {
    super(
      defaultUrl === undefined
        ? 'the Redis of REDIS_URL cannot be reached; nothing was recovered'
        : `REDIS_URL is not set, and there is no Redis at ${defaultUrl}; set it to the one to fill. ` +
            '(The private Redis of `tessera up` keeps its data in the data folder and cannot be filled.)',
      { cause },
    );
  }
}
