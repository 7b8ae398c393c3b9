import { type ErrorEnvelope, toErrorBody } from '@tessera/chat-completions';
import { ERROR_CODES, type ErrorCodeEntry, type TesseraError } from '@tessera/contracts';
import { InsufficientScopeError, InvalidApiKeyError } from './access.errors.js';
import { RangeNotSatisfiableError } from './file.errors.js';
import { QueueFullError, TooManyStreamsError } from './job.errors.js';
import { LimitExceededError } from './limit.errors.js';
import { MethodNotAllowedError } from './request.errors.js';

export interface ErrorAnswer {
  status: number;
  headers: Record<string, string>;
  body: ErrorEnvelope;
}

const QUEUE_FULL_RETRY_AFTER_SECONDS = 10;
const SHORT_RETRY_AFTER_SECONDS = 2;

/** What a client gets for an error: the status, type and code of ERROR_CODES, and the headers that go with them. */
export function toErrorAnswer(error: TesseraError): ErrorAnswer {
  const entry: ErrorCodeEntry = ERROR_CODES[error.code];
  return {
    status: entry.httpStatus,
    headers: { ...retryHeaders(entry), ...headersOf(error) },
    body: toErrorBody(error),
  };
}

/** OpenAI's SDKs retry every 408, 409, 429 and 5xx unless this header tells them that it cannot help. */
export function retryHeaders(entry: ErrorCodeEntry): Record<string, string> {
  return entry.retryable ? {} : { 'x-should-retry': 'false' };
}

function headersOf(error: TesseraError): Record<string, string> {
  if (error instanceof InvalidApiKeyError) return { 'www-authenticate': 'Bearer' };
  if (error instanceof InsufficientScopeError) {
    return { 'www-authenticate': `Bearer error="insufficient_scope", scope="${error.scope}"` };
  }
  if (error instanceof MethodNotAllowedError) return { allow: error.allowedMethods.join(', ') };
  if (error instanceof RangeNotSatisfiableError) return { 'content-range': `bytes */${error.bytes}` };
  if (error instanceof QueueFullError) return { 'retry-after': String(QUEUE_FULL_RETRY_AFTER_SECONDS) };
  if (error instanceof LimitExceededError) return retryAfter(error);
  if (error instanceof TooManyStreamsError || error.code === 'service_unavailable') {
    return { 'retry-after': String(SHORT_RETRY_AFTER_SECONDS) };
  }
  return {};
}

/** The milliseconds are for OpenAI's SDKs, which go by them first. */
function retryAfter({ retryAfterMs }: LimitExceededError): Record<string, string> {
  if (retryAfterMs === undefined) return {};
  return {
    'retry-after': String(Math.ceil(retryAfterMs / 1000)),
    'retry-after-ms': String(Math.ceil(retryAfterMs)),
  };
}
