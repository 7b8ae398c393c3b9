import { type BatchStatus, TesseraError } from '@tessera/contracts';

export class BatchNotFoundError extends TesseraError {
  readonly code = 'batch_not_found';

  constructor(readonly batchId: string) {
    super(`no batch has the id ${JSON.stringify(batchId.slice(0, 80))}`, { param: 'id' });
  }
}

/** In OpenAI's words, which clients may look for. */
export class BatchFinishedError extends TesseraError {
  readonly code = 'batch_finished';

  constructor(
    readonly batchId: string,
    readonly status: BatchStatus,
  ) {
    super(`Cannot cancel a batch with status '${status}'.`);
  }
}

export class BatchNotFinishedError extends TesseraError {
  readonly code = 'batch_not_finished';

  constructor(
    readonly batchId: string,
    readonly status: BatchStatus,
  ) {
    super(`only a batch that has ended can be repeated; ${batchId} is ${status}`);
  }
}

/** No row of the batch has failed, or none was ever read. */
export class NothingToRetryError extends TesseraError {
  readonly code = 'invalid_request';

  constructor(
    readonly batchId: string,
    readonly status: BatchStatus,
  ) {
    super(
      status === 'failed'
        ? `the input of ${batchId} is not valid, so no row of it ran: create a batch of a corrected file`
        : `every row of ${batchId} succeeded: it has no error file, and nothing to repeat`,
      { param: 'id' },
    );
  }
}
