import { type ErrorCode, TesseraError } from '@tessera/contracts';

/** Nobody answers at the service's address, or the connection broke. */
export class ServiceUnreachableError extends TesseraError {
  readonly code = 'service_unavailable';
  constructor(
    readonly url: string,
    readonly reason: string,
    options: { cause?: unknown } = {},
  ) {
    super(`the service at ${url} cannot be reached: ${reason}`, options);
  }
}

/** Facts of an HTTP answer that is no success. */
export interface Refusal {
  readonly status: number;
  readonly code: ErrorCode;
  readonly message: string;
  /** What `Retry-After` asks for. */
  readonly retryAfterMs: number | undefined;
  /** False when the service says that trying again cannot help. */
  readonly shouldRetry: boolean;
}

/** The service refused a request, in its own words. */
export class ServiceRefusedError extends TesseraError {
  readonly code: ErrorCode;
  constructor(
    readonly url: string,
    readonly refusal: Refusal,
  ) {
    const hint = refusal.status === 401 ? '; name a key with --api-key or TESSERA_API_KEY' : '';
    super(`${refusal.message} (${refusal.code}, HTTP ${refusal.status} of ${url})${hint}`);
    this.code = refusal.code;
  }
}

/** What answers at the address is no Tessera service, or one of another version. */
export class UnexpectedAnswerError extends TesseraError {
  readonly code = 'internal_error';
  constructor(
    readonly url: string,
    readonly status: number,
    readonly reason: string,
    options: { cause?: unknown } = {},
  ) {
    super(`${url} did not answer as a Tessera service does (HTTP ${status}): ${reason}`, options);
  }
}

/** A job ended without an answer. */
export class JobEndedError extends TesseraError {
  readonly code: ErrorCode;
  constructor(
    readonly jobId: string,
    readonly status: string,
    error: { code: ErrorCode; message: string } | null,
  ) {
    super(error === null ? `job ${jobId} ended ${status} without an answer` : error.message);
    this.code = error?.code ?? 'internal_error';
  }
}

/** Which model should answer is not clear, or nobody serves it now. */
export class ServiceModelError extends TesseraError {
  readonly code = 'model_not_found';
  constructor(
    readonly url: string,
    readonly reason: string,
    readonly modelIds: readonly string[],
  ) {
    super(`${reason}; ${url} has ${modelIds.length === 0 ? 'no models' : modelIds.join(', ')}`);
  }
}
