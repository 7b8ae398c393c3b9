/** What a client sees of an error, fixed per code: HTTP status, OpenAI error type, and whether trying again can help. */
export interface ErrorCodeEntry {
  readonly httpStatus: number;
  readonly type:
    'invalid_request_error' | 'not_found_error' | 'conflict_error' | 'rate_limit_error' | 'server_error';
  /** True when the same request may succeed later without being changed. */
  readonly retryable: boolean;
  /** One sentence for docs/errors.md: when a client sees this code. */
  readonly summary: string;
}

const badRequest = (summary: string): ErrorCodeEntry => ({
  httpStatus: 400,
  type: 'invalid_request_error',
  retryable: false,
  summary,
});
const entry = (
  httpStatus: number,
  type: ErrorCodeEntry['type'],
  retryable: boolean,
  summary: string,
): ErrorCodeEntry => ({ httpStatus, type, retryable, summary });

/**
 * Every error code a client can see, in an HTTP answer or in a job's `error.code`.
 * This table is the only place that maps a code to a status.
 */
export const ERROR_CODES = {
  invalid_json: badRequest('The body is not valid JSON.'),
  invalid_request: badRequest('The request is well-formed but breaks a rule named in the message.'),
  missing_required_parameter: badRequest('A required field is absent.'),
  invalid_type: badRequest('A field has the wrong type.'),
  invalid_value: badRequest('A field has the right type but a value that is not allowed.'),
  unknown_parameter: badRequest('A field that the API does not know.'),
  unsupported_parameter: badRequest('A field or value of OpenAI that is known and cannot be honoured here.'),
  unsupported_response_format: badRequest(
    'A `response_format` other than text: its shape cannot be enforced here.',
  ),
  too_many_images: badRequest('More images than one job may carry.'),
  image_unreadable: badRequest('The bytes are not an image that can be decoded, or the image is damaged.'),
  image_too_large: badRequest('The image, or all images of the job together, have more bytes than allowed.'),
  image_too_many_pixels: badRequest('The image has more pixels than allowed.'),
  image_url_invalid: badRequest('The image URL cannot be parsed or has a scheme that is not allowed.'),
  url_not_allowed: badRequest(
    'The address behind the URL is private, loopback, link-local or otherwise off limits, or its bucket is not one of `TESSERA_INPUT_BUCKETS`.',
  ),
  file_invalid: badRequest('The file does not hold what its purpose asks for: JSON Lines for `batch`.'),
  image_not_found: badRequest(
    'The server or bucket behind the image URL refused the image (a permanent 4xx answer), or no file has the id given.',
  ),
  image_opted_out: badRequest(
    'The server behind the image URL asks by `X-Robots-Tag` to keep the image out of bulk and AI use.',
  ),
  image_fetch_failed: entry(
    400,
    'invalid_request_error',
    true,
    'The image could not be fetched: the server could not be reached or failed.',
  ),
  image_fetch_timeout: entry(
    400,
    'invalid_request_error',
    true,
    'Fetching the image took longer than allowed.',
  ),
  context_length_exceeded: badRequest(
    'Prompt, image tokens and requested completion do not fit the context.',
  ),
  model_not_found: entry(
    404,
    'not_found_error',
    false,
    'No worker serves this model and it is not configured.',
  ),
  invalid_api_key: entry(
    401,
    'invalid_request_error',
    false,
    'The request has no API key, or one that is unknown, revoked or expired.',
  ),
  insufficient_scope: entry(
    403,
    'invalid_request_error',
    false,
    'The API key lacks the scope that this route needs; the message names it.',
  ),
  api_key_not_found: entry(404, 'not_found_error', false, 'No API key has this id.'),
  job_not_found: entry(404, 'not_found_error', false, 'No job has this id.'),
  file_not_found: entry(
    404,
    'not_found_error',
    false,
    'No file has this id, or it has been deleted or expired.',
  ),
  batch_not_found: entry(404, 'not_found_error', false, 'No batch has this id, or its record has expired.'),
  upload_not_found: entry(404, 'not_found_error', false, 'No upload has this id.'),
  webhook_endpoint_not_found: entry(404, 'not_found_error', false, 'No webhook endpoint has this id.'),
  webhook_delivery_not_found: entry(
    404,
    'not_found_error',
    false,
    'No delivery of this webhook endpoint has this id, or it has left the log.',
  ),
  route_not_found: entry(404, 'not_found_error', false, 'No such path.'),
  method_not_allowed: entry(405, 'invalid_request_error', false, 'The path exists, the method does not.'),
  api_key_revoked: entry(
    409,
    'conflict_error',
    false,
    'The API key is revoked, so it can no longer be changed.',
  ),
  authentication_off: entry(
    409,
    'conflict_error',
    false,
    'The API asks nobody for a key, so it manages none: `TESSERA_ADMIN_KEY` is not set.',
  ),
  job_finished: entry(
    409,
    'conflict_error',
    false,
    'The job has already ended, so it can no longer be changed.',
  ),
  job_not_finished: entry(
    409,
    'conflict_error',
    false,
    'The job has not ended yet, so it cannot be deleted; cancel it first.',
  ),
  batch_finished: entry(
    409,
    'conflict_error',
    false,
    'The batch has ended or its files are being put together, so it can no longer be cancelled.',
  ),
  batch_not_finished: entry(
    409,
    'conflict_error',
    false,
    'The batch has not ended yet, so its failed rows cannot be repeated; wait for it or cancel it.',
  ),
  upload_finished: entry(
    409,
    'conflict_error',
    false,
    'The upload is completed, cancelled or expired, so it can no longer be changed.',
  ),
  webhook_endpoint_disabled: entry(
    409,
    'conflict_error',
    false,
    'The webhook endpoint is disabled, so nothing is sent to it; enable it first.',
  ),
  too_many_webhook_endpoints: entry(
    409,
    'conflict_error',
    false,
    'As many webhook endpoints exist as one owner may have; delete one first.',
  ),
  webhook_unreachable: entry(
    400,
    'invalid_request_error',
    true,
    'The URL of the webhook endpoint did not answer the test.',
  ),
  request_timeout: entry(
    408,
    'invalid_request_error',
    true,
    'The client took longer to send its request than allowed.',
  ),
  headers_too_large: entry(
    431,
    'invalid_request_error',
    false,
    'The request headers have more bytes than allowed.',
  ),
  request_too_large: entry(
    413,
    'invalid_request_error',
    false,
    'The request body has more bytes than allowed.',
  ),
  file_too_large: entry(
    413,
    'invalid_request_error',
    false,
    'The file, or a part of an upload, has more bytes than allowed.',
  ),
  unsupported_media_type: entry(
    415,
    'invalid_request_error',
    false,
    'The Content-Type is not one that this route reads.',
  ),
  range_not_satisfiable: entry(
    416,
    'invalid_request_error',
    false,
    'The Range begins past the end of the file.',
  ),
  idempotency_key_reused: entry(
    422,
    'invalid_request_error',
    false,
    'The Idempotency-Key was used before with a different body.',
  ),
  queue_full: entry(
    429,
    'rate_limit_error',
    true,
    'More jobs are waiting than allowed; try again after Retry-After.',
  ),
  rate_limit_exceeded: entry(
    429,
    'rate_limit_error',
    true,
    'More requests in a second than the key may send; try again after Retry-After.',
  ),
  too_many_concurrent_requests: entry(
    429,
    'rate_limit_error',
    true,
    'More requests at a time than the key may have under way; try again after Retry-After.',
  ),
  queued_jobs_exceeded: entry(
    429,
    'rate_limit_error',
    true,
    'More jobs of the key are waiting than may; try again after Retry-After.',
  ),
  open_batches_exceeded: entry(
    429,
    'rate_limit_error',
    false,
    'The key has as many batches that have not ended as it may; wait for them or cancel some.',
  ),
  queued_rows_exceeded: entry(
    429,
    'rate_limit_error',
    false,
    'The batches of the key would have more rows to do than they may; wait for them or cancel some.',
  ),
  storage_limit_exceeded: entry(
    429,
    'rate_limit_error',
    false,
    'Files and images of the key would have more bytes than they may; delete some.',
  ),
  insufficient_quota: entry(
    429,
    'rate_limit_error',
    false,
    'The tokens that the key may use in a day are used up until Retry-After, midnight UTC.',
  ),
  too_many_streams: entry(
    429,
    'rate_limit_error',
    true,
    'As many event streams are open as may be, in all or of the key.',
  ),
  job_cancelled: entry(409, 'conflict_error', false, 'The job was cancelled on request.'),
  job_expired: entry(408, 'invalid_request_error', false, 'The job did not finish within its time to live.'),
  execution_timeout: entry(
    408,
    'invalid_request_error',
    true,
    'The job ran longer than its execution timeout.',
  ),
  worker_crashed: entry(
    500,
    'server_error',
    false,
    'The worker died repeatedly while it worked on this job.',
  ),
  engine_failed: entry(500, 'server_error', true, 'The inference engine reported a failure.'),
  answer_diverged: entry(
    500,
    'server_error',
    true,
    'A worker died while its answer was being streamed, and the next one wrote another text than was sent already.',
  ),
  internal_error: entry(500, 'server_error', true, 'Something broke on our side; the logs have the cause.'),
  model_invalid: entry(
    500,
    'server_error',
    false,
    'The model directory on the server lacks a file or holds one that cannot be used.',
  ),
  service_unavailable: entry(
    503,
    'server_error',
    true,
    'Redis or the object store cannot be reached right now.',
  ),
} as const satisfies Record<string, ErrorCodeEntry>;

/** One of the codes of {@link ERROR_CODES}. */
export type ErrorCode = keyof typeof ERROR_CODES;
