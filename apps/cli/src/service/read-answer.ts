import { type ErrorCode } from '@tessera/contracts';
import { type z } from 'zod';
import { ServiceRefusedError, UnexpectedAnswerError } from './errors.js';
import { errorEnvelopeSchema } from './schemas.js';

/** What is read of a `Response`; other HTTP clients give it as well. */
export interface HttpAnswer {
  readonly ok: boolean;
  readonly status: number;
  readonly url: string;
  /** Names are in lower case. */
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
}

/**
 * The body of an answer of the service.
 * @throws {ServiceRefusedError} it is the service's error body
 * @throws {UnexpectedAnswerError} it is something else
 */
export async function readAnswer<Schema extends z.ZodType>(
  response: HttpAnswer,
  schema: Schema,
): Promise<z.output<Schema>> {
  const body = await readJson(response);
  // A job that failed while it was waited for comes with the status of its error, and is an answer all the same.
  const answer = schema.safeParse(body);
  if (answer.success) return answer.data;
  if (response.ok)
    throw new UnexpectedAnswerError(response.url, response.status, 'its body has another shape');
  throw toRefusal(response, body);
}

/** The error that an answer without success stands for. */
export function toRefusal(response: HttpAnswer, body: unknown): ServiceRefusedError | UnexpectedAnswerError {
  const { status, headers, url } = response;
  const envelope = errorEnvelopeSchema.safeParse(body);
  const error = envelope.data?.error ?? proxyErrorOf(status);
  if (error === undefined)
    return new UnexpectedAnswerError(url, status, 'its body is not an error of Tessera');
  return new ServiceRefusedError(url, {
    ...error,
    status,
    retryAfterMs: parseRetryAfter(headers.get('retry-after')),
    shouldRetry: headers.get('x-should-retry') !== 'false',
  });
}

/** Proxies in front of a service answer some statuses in words of their own. */
function proxyErrorOf(status: number): { code: ErrorCode; message: string } | undefined {
  if (status === 413)
    return { code: 'request_too_large', message: 'a proxy refused the request for its size' };
  if (status !== 429 && status < 500) return undefined;
  return { code: 'service_unavailable', message: 'a proxy answered in place of the service' };
}

/** `undefined` for a body that is not JSON. */
export async function readJson(response: HttpAnswer): Promise<unknown> {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const LONGEST_RETRY_AFTER_MS = 300_000;

/** Seconds, or a date (RFC 9110 section 10.2.3); undefined when absent or neither. */
export function parseRetryAfter(header: string | null, now = Date.now()): number | undefined {
  if (header === null) return undefined;
  const waitMs = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isNaN(waitMs) ? undefined : Math.min(Math.max(waitMs, 0), LONGEST_RETRY_AFTER_MS);
}
