import { FetchConnectionError, FetchStatusError, FetchTimeoutError } from '../errors.js';

/** What a host fails with, rather than refuses. */
export type HostFailure = FetchConnectionError | FetchStatusError | FetchTimeoutError;

const TOO_MANY_REQUESTS = 429;
/** A 429 that does not say for how long. */
const UNSAID_PAUSE_MS = 1_000;

/** Names that nobody knows, certificates that nobody trusts, and answers that are no HTTP stay so for a while. */
const LASTING =
  /^(ENOTFOUND$|ENODATA$|EBADNAME$|CERT_|ERR_TLS_|HPE_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|UND_ERR_HEADERS_OVERFLOW$)/;

/** Whether the host as such is at fault; a status below 400 that is no success is about the one URL. */
export function isHostFailure(error: unknown): error is HostFailure {
  if (error instanceof FetchStatusError) return error.status >= 400;
  return error instanceof FetchConnectionError || error instanceof FetchTimeoutError;
}

/** Whether the same request may succeed within seconds. */
export function mayPass(failure: HostFailure): boolean {
  return !(failure instanceof FetchConnectionError && LASTING.test(causeCode(failure)));
}

/** How long the host wants to be left alone; undefined when it does not say. */
export function askedPauseMs(failure: HostFailure): number | undefined {
  if (!(failure instanceof FetchStatusError)) return undefined;
  return failure.retryAfterMs ?? (failure.status === TOO_MANY_REQUESTS ? UNSAID_PAUSE_MS : undefined);
}

function causeCode({ cause }: FetchConnectionError): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : '';
}
