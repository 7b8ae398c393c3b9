import { applyDecorators } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiParam, ApiQuery, ApiResponse } from '@nestjs/swagger';
import { JOB_STATUSES } from '@tessera/contracts';
import { BODY_CODES, describeAnswer, describeErrors, describeErrorsAndFailures } from './describe-answers.js';
import { describeIdempotencyKey } from './describe-idempotency-key.js';
import { describePage } from './describe-page.js';
import { createJobRequestBody } from './create-job-request-body.js';

const tags = ['jobs'];
const jobId = ApiParam({ name: 'id', description: 'Id of the job', schema: { type: 'string' } });

/** Refusals of a conversation and its images: nothing is kept. */
export const CONVERSATION_ERRORS = [
  'missing_required_parameter',
  'invalid_type',
  'invalid_value',
  'unknown_parameter',
  'too_many_images',
  'image_unreadable',
  'image_too_large',
  'image_too_many_pixels',
  'image_url_invalid',
  'url_not_allowed',
  'image_not_found',
  'context_length_exceeded',
  'model_not_found',
  'queue_full',
  'insufficient_quota',
  'queued_jobs_exceeded',
  'storage_limit_exceeded',
] as const;

/** What a job may end with, seen as an HTTP status by those who waited for it. */
export const JOB_FAILURES = [
  'image_unreadable',
  'image_too_large',
  'image_too_many_pixels',
  'url_not_allowed',
  'image_not_found',
  'image_opted_out',
  'image_fetch_failed',
  'image_fetch_timeout',
  'context_length_exceeded',
  'job_cancelled',
  'job_expired',
  'execution_timeout',
  'worker_crashed',
  'engine_failed',
  'model_invalid',
  'internal_error',
  'service_unavailable',
] as const;

const CREATED_HEADERS = {
  'Idempotent-Replayed': '`true` where the Idempotency-Key has made this job earlier',
  'Preference-Applied': 'The preference of `Prefer` that was honoured, with the wait as it was cut',
};

export function describeCreateJob(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      operationId: 'createJob',
      tags,
      summary: 'Ask a question about images',
      description:
        'Answers 202 at once. With `Prefer: wait=n` it waits up to n seconds for the end of the job: 200 with the ' +
        'answer, 202 when it goes on, and the HTTP status of the error code with the job object when the job failed.',
      requestBody: createJobRequestBody(),
    }),
    ApiHeader({
      name: 'Prefer',
      description: '`wait=<seconds>` or `respond-async`',
      schema: { type: 'string' },
      required: false,
    }),
    describeIdempotencyKey('job'),
    describeAnswer(200, 'The job has ended', 'Job', CREATED_HEADERS),
    describeAnswer(202, 'The job is waiting or running', 'Job', {
      ...CREATED_HEADERS,
      Location: 'Path of the job',
    }),
    describeErrorsAndFailures({
      errors: [...BODY_CODES, ...CONVERSATION_ERRORS, 'idempotency_key_reused'],
      failures: JOB_FAILURES,
    }),
  );
}

export function describeListJobs(): MethodDecorator {
  return applyDecorators(
    ApiOperation({ operationId: 'listJobs', tags, summary: 'List jobs, newest first' }),
    describePage('job', { most: 100, usual: 20 }),
    ApiQuery({ name: 'status', required: false, schema: { type: 'string', enum: [...JOB_STATUSES] } }),
    describeAnswer(200, 'A page of jobs', 'JobList'),
    describeErrors('invalid_type', 'invalid_value', 'unknown_parameter'),
  );
}

export function describeGetJob(): MethodDecorator {
  return applyDecorators(
    ApiOperation({ operationId: 'getJob', tags, summary: 'Look at a job' }),
    jobId,
    describeAnswer(200, 'The job as it is now', 'Job'),
    describeErrors('job_not_found'),
  );
}

export function describeCancelJob(): MethodDecorator {
  return applyDecorators(
    ApiOperation({ operationId: 'cancelJob', tags, summary: 'Ask for a job to be cancelled' }),
    jobId,
    describeAnswer(202, 'The request is noted; a waiting job is cancelled at once', 'Job'),
    describeErrors(...BODY_CODES, 'job_not_found', 'job_finished'),
  );
}

export function describeDeleteJob(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      operationId: 'deleteJob',
      tags,
      summary: 'Remove a job that has ended, with its images and answer',
    }),
    jobId,
    describeAnswer(200, 'It is gone', 'DeletedJob'),
    describeErrors(...BODY_CODES, 'job_not_found', 'job_not_finished'),
  );
}

export function describeStreamJob(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      operationId: 'streamJob',
      tags,
      summary: 'Read the answer while it is written',
      description:
        'Server-sent events: `text` `{"text"}` for every piece, `restart` when an attempt begins anew (the text so ' +
        'far is void), and at last `job` with the job object. Lines that begin with a colon keep the connection open.',
    }),
    jobId,
    ApiHeader({
      name: 'Last-Event-ID',
      required: false,
      description: 'Goes on after this event',
      schema: { type: 'string' },
    }),
    ApiResponse({
      status: 200,
      description: 'The event stream',
      content: { 'text/event-stream': { schema: { type: 'string' } } },
    }),
    ApiResponse({ status: 204, description: 'Last-Event-ID names the last event of all: nothing follows' }),
    describeErrors('job_not_found', 'invalid_value', 'too_many_streams'),
  );
}
