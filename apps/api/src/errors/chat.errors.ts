import { type ErrorCode, type JobError, TesseraError } from '@tessera/contracts';

/** The job behind a chat completion did not come to an answer; the code is the job's. */
export class ChatFailedError extends TesseraError {
  readonly code: ErrorCode;

  constructor({ code, message }: JobError) {
    super(message);
    this.code = code;
  }
}

/** The job's record vanished while its answer was waited for. */
export class ChatJobLostError extends TesseraError {
  readonly code = 'internal_error';

  constructor(readonly jobId: string) {
    super('the job behind this request is gone; nothing can be said of its answer');
  }
}

/** The process ends before the answer has come. */
export class ShuttingDownError extends TesseraError {
  readonly code = 'service_unavailable';

  constructor() {
    super('this process is about to end; send the request again');
  }
}

/** Another attempt at the job wrote a text that does not begin with what was sent already. */
export class AnswerDivergedError extends TesseraError {
  readonly code = 'answer_diverged';

  constructor(readonly choice: number) {
    super(
      `choice ${choice}: a worker died while it wrote this answer, and the next one wrote another text than was sent already`,
    );
  }
}
