import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { ERROR_CODES, type ErrorCode } from '@tessera/contracts';
import { type ComponentName, refTo } from './components.js';

const text = { type: 'string' as const };
const requestId = { 'x-request-id': { description: 'Id of this request; also in the logs', schema: text } };

const retryAfter = {
  'retry-after': { description: 'Seconds until the request may pass, where that is known', schema: text },
  'retry-after-ms': { description: 'The same in milliseconds', schema: text },
  'x-should-retry': { description: '`false` where trying again soon cannot help', schema: text },
};

/** Any request may meet these, unless it is for a probe. */
const GENERAL_CODES: readonly ErrorCode[] = [
  'invalid_request',
  'request_timeout',
  'headers_too_large',
  'rate_limit_exceeded',
  'too_many_concurrent_requests',
  'internal_error',
  'service_unavailable',
];

/** A request with a body may meet these as well. */
export const BODY_CODES = ['invalid_json', 'request_too_large', 'unsupported_media_type'] as const;

/** A request whose JSON body must have a shape may meet these. */
export const BODY_RULES = [
  ...BODY_CODES,
  'missing_required_parameter',
  'invalid_type',
  'invalid_value',
  'unknown_parameter',
] as const;

/** Documents a JSON answer. @param headers what it carries beside `x-request-id`, with what each is for */
export function describeAnswer(
  status: number,
  description: string,
  component: ComponentName,
  headers: Readonly<Record<string, string>> = {},
): MethodDecorator {
  const named = Object.entries(headers).map(([name, use]) => [name, { description: use, schema: text }]);
  return ApiResponse({
    status,
    description,
    headers: { ...requestId, ...(Object.fromEntries(named) as object) },
    schema: refTo(component),
  });
}

/** Documents the error answers behind these codes, one per HTTP status, with the codes of each by name. */
export function describeErrors(...codes: readonly ErrorCode[]): MethodDecorator {
  return describeErrorsAndFailures({ errors: codes, failures: [] });
}

/**
 * The same for a route that also answers with a job that has failed, under the status of the job's error code:
 * the body is then the job object, whose `error` has the code.
 */
export function describeErrorsAndFailures(codes: {
  errors: readonly ErrorCode[];
  failures: readonly ErrorCode[];
}): MethodDecorator {
  const errors = new Set([...GENERAL_CODES, ...codes.errors]);
  const failures = new Set(codes.failures);
  const all = [...new Set([...errors, ...failures])];
  const statuses = new Set(all.map((code) => ERROR_CODES[code].httpStatus));
  const answers = [...statuses].map((status) => {
    const ofStatus = all.filter((code) => ERROR_CODES[code].httpStatus === status);
    const schemas = [
      ...(ofStatus.some((code) => errors.has(code)) ? [refTo('Error')] : []),
      ...(ofStatus.some((code) => failures.has(code)) ? [refTo('Job')] : []),
    ];
    return ApiResponse({
      status,
      description: ofStatus.map((code) => `\`${code}\`: ${ERROR_CODES[code].summary}`).join('\n\n'),
      headers: { ...requestId, ...(status === 429 ? retryAfter : {}) },
      schema: { anyOf: schemas },
    });
  });
  return applyDecorators(...answers);
}
