import { HttpException, PayloadTooLargeException } from '@nestjs/common';
import { loadConfig } from '@tessera/config';
import { describe, expect, it } from 'vitest';
import { QueueFullError } from './job.errors.js';
import { InternalError } from './request.errors.js';
import { toErrorAnswer } from './to-error-answer.js';
import { toTesseraError } from './to-tessera-error.js';

const context = { contentType: 'text/plain', contentLength: 11, http: loadConfig({}).http, maxImages: 2 };
const fastifyError = (code: string, statusCode: number) =>
  Object.assign(new Error(code), { name: 'FastifyError', code, statusCode });

describe('toTesseraError', () => {
  it.each([
    ['FST_ERR_CTP_BODY_TOO_LARGE', 413, 'request_too_large'],
    ['FST_ERR_CTP_INVALID_MEDIA_TYPE', 415, 'unsupported_media_type'],
    ['FST_ERR_CTP_INVALID_CONTENT_LENGTH', 400, 'invalid_request'],
    ['FST_ERR_BAD_URL', 400, 'invalid_request'],
    ['FST_ERR_MAX_PARAM_LENGTH', 414, 'invalid_request'],
    ['FST_FILES_LIMIT', 413, 'too_many_images'],
    ['FST_FIELDS_LIMIT', 413, 'invalid_request'],
    ['FST_PARTS_LIMIT', 413, 'invalid_request'],
    ['FST_INVALID_JSON_FIELD_ERROR', 406, 'invalid_json'],
    ['FST_ERR_UNKNOWN_YET', 500, 'internal_error'],
  ])('gives Fastify’s %s the code %s %s', (code, status, expected) => {
    const error = fastifyError(code, status);
    expect(toTesseraError(error, context).code).toBe(expected);
    // Nest hands Fastify's errors on as the cause of its own.
    const wrapped = new HttpException('wrapped', status, { cause: error });
    expect(toTesseraError(wrapped, context).code).toBe(expected);
  });

  it('goes by the status of any other HTTP error', () => {
    expect(toTesseraError(new PayloadTooLargeException(), context)).toMatchObject({
      limitBytes: 75_000_000,
      givenBytes: 11,
    });
  });

  it('keeps what broke on our side out of the answer', () => {
    const error = toTesseraError(new TypeError('secret detail'), context);
    expect(error).toBeInstanceOf(InternalError);
    expect(JSON.stringify(toErrorAnswer(error))).not.toContain('secret detail');
    expect(error.cause).toBeInstanceOf(TypeError);
    expect(toTesseraError('thrown text', context).code).toBe('internal_error');
  });
});

describe('toErrorAnswer', () => {
  it('makes the envelope and tells when to come back', () => {
    expect(toErrorAnswer(new QueueFullError(5, 5))).toEqual({
      status: 429,
      headers: { 'retry-after': '10' },
      body: {
        error: {
          message: 'at most 5 jobs may wait for a worker, 5 do now',
          type: 'rate_limit_error',
          param: null,
          code: 'queue_full',
        },
      },
    });
  });
});
