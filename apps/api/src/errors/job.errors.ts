import { type JobStatus, TesseraError } from '@tessera/contracts';

export class JobNotFoundError extends TesseraError {
  readonly code = 'job_not_found';

  constructor(readonly jobId: string) {
    super(`no job has the id ${JSON.stringify(jobId.slice(0, 80))}`, { param: 'id' });
  }
}

export class JobFinishedError extends TesseraError {
  readonly code = 'job_finished';

  constructor(readonly jobId: string) {
    super(`job ${jobId} has already ended and can no longer be cancelled`);
  }
}

export class JobNotFinishedError extends TesseraError {
  readonly code = 'job_not_finished';

  constructor(
    readonly jobId: string,
    readonly status: JobStatus,
  ) {
    super(`only a job that has ended can be deleted; job ${jobId} is ${status}: cancel it first`);
  }
}

export class QueueFullError extends TesseraError {
  readonly code = 'queue_full';

  constructor(
    readonly waitingJobCount: number,
    readonly limit: number,
  ) {
    super(`at most ${limit} jobs may wait for a worker, ${waitingJobCount} do now`);
  }
}

export class IdempotencyKeyReusedError extends TesseraError {
  readonly code = 'idempotency_key_reused';

  constructor() {
    super('this Idempotency-Key was used before with a different body', { param: 'Idempotency-Key' });
  }
}

export class TooManyStreamsError extends TesseraError {
  readonly code = 'too_many_streams';

  constructor(readonly limit: number) {
    super(`at most ${limit} event streams may be open at a time, and as many are`);
  }
}

/** Others could open none any more. */
export class TooManyStreamsOfOwnerError extends TesseraError {
  readonly code = 'too_many_streams';

  constructor(readonly limit: number) {
    super(`at most ${limit} event streams of one key may be open at a time, and as many are`);
  }
}

export class ModelNotFoundError extends TesseraError {
  readonly code = 'model_not_found';

  constructor(
    readonly model: string | undefined,
    readonly available: readonly string[],
  ) {
    const choices = available.length === 0 ? 'none is served now' : `available: ${available.join(', ')}`;
    super(model === undefined ? `no model: ${choices}` : `no model ${JSON.stringify(model)}; ${choices}`, {
      param: 'model',
    });
  }
}

export class ContextLengthExceededError extends TesseraError {
  readonly code = 'context_length_exceeded';

  constructor(
    readonly maxTokens: number,
    readonly contextTokens: number,
    param: string,
  ) {
    super(
      `${param}: prompt and completion share ${contextTokens} tokens, the completion alone asks for ${maxTokens}`,
      { param },
    );
  }
}
