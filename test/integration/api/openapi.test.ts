import { ERROR_CODES, EVENT_TYPES } from '@tessera/contracts';
import { startTestRedis, type TestRedis } from '@tessera/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApi, type TestApi } from './start-test-api.js';

let redis: TestRedis;
let api: TestApi;

beforeAll(async () => {
  redis = await startTestRedis();
  api = await startTestApi(redis);
});
afterAll(async () => {
  await api.close();
  await redis.stop();
});

/** Codes that an answer under `/v1/jobs` may carry beside those that any answer may. */
const CODES_OF_OPERATIONS: Record<string, readonly string[]> = {
  'POST /v1/jobs': [
    'invalid_json missing_required_parameter invalid_type invalid_value unknown_parameter too_many_images',
    'image_unreadable image_too_large image_too_many_pixels image_url_invalid url_not_allowed model_not_found',
    'context_length_exceeded idempotency_key_reused queue_full request_too_large unsupported_media_type',
    'image_not_found image_fetch_failed image_fetch_timeout job_cancelled job_expired execution_timeout',
    'worker_crashed engine_failed model_invalid insufficient_quota queued_jobs_exceeded storage_limit_exceeded',
  ],
  'GET /v1/jobs': ['invalid_value invalid_type unknown_parameter'],
  'GET /v1/jobs/{id}': ['job_not_found'],
  'DELETE /v1/jobs/{id}': ['job_not_found job_not_finished'],
  'POST /v1/jobs/{id}/cancel': ['job_not_found job_finished'],
  'GET /v1/jobs/{id}/stream': ['job_not_found invalid_value too_many_streams'],
  'POST /v1/batches': [
    'invalid_json missing_required_parameter invalid_type invalid_value unknown_parameter',
    'idempotency_key_reused request_too_large unsupported_media_type insufficient_quota queued_rows_exceeded',
    'open_batches_exceeded',
  ],
  'GET /v1/batches': ['invalid_value invalid_type unknown_parameter'],
  'GET /v1/batches/{id}': ['batch_not_found'],
  'GET /v1/batches/{id}/output': ['batch_not_found'],
  'GET /v1/batches/{id}/errors': ['batch_not_found'],
  'POST /v1/batches/{id}/cancel': ['batch_not_found batch_finished'],
  'POST /v1/batches/{id}/retry': [
    'batch_not_found batch_not_finished invalid_type invalid_value unknown_parameter idempotency_key_reused',
  ],
  'POST /v1/files': [
    'missing_required_parameter invalid_json invalid_type invalid_value unknown_parameter file_too_large',
    'file_invalid request_too_large unsupported_media_type storage_limit_exceeded',
  ],
  'GET /v1/files': ['invalid_value invalid_type unknown_parameter'],
  'GET /v1/files/{id}': ['file_not_found'],
  'DELETE /v1/files/{id}': ['file_not_found'],
  'GET /v1/files/{id}/content': ['file_not_found range_not_satisfiable'],
  'POST /v1/uploads': [
    'invalid_json missing_required_parameter invalid_type invalid_value unknown_parameter file_too_large file_invalid',
  ],
  'POST /v1/uploads/{id}/parts': [
    'missing_required_parameter invalid_type invalid_value unknown_parameter file_too_large upload_not_found',
    'upload_finished unsupported_media_type',
  ],
  'POST /v1/uploads/{id}/complete': [
    'invalid_json missing_required_parameter invalid_type invalid_value unknown_parameter file_invalid',
    'upload_not_found upload_finished',
  ],
  'POST /v1/uploads/{id}/cancel': ['upload_not_found upload_finished'],
  'GET /v1/usage': [],
  'GET /v1/admin/keys/{id}/usage': ['api_key_not_found authentication_off'],
  'POST /v1/webhook_endpoints': [
    'invalid_json missing_required_parameter invalid_type invalid_value unknown_parameter url_not_allowed',
    'too_many_webhook_endpoints',
  ],
  'GET /v1/webhook_endpoints': ['invalid_value invalid_type unknown_parameter'],
  'GET /v1/webhook_endpoints/{id}': ['webhook_endpoint_not_found'],
  'POST /v1/webhook_endpoints/{id}': [
    'invalid_json invalid_type invalid_value unknown_parameter url_not_allowed webhook_endpoint_not_found',
  ],
  'DELETE /v1/webhook_endpoints/{id}': ['webhook_endpoint_not_found'],
  'POST /v1/webhook_endpoints/{id}/rotate_secret': [
    'invalid_json invalid_type unknown_parameter webhook_endpoint_not_found',
  ],
  'POST /v1/webhook_endpoints/{id}/test': [
    'invalid_json missing_required_parameter invalid_value unknown_parameter webhook_endpoint_not_found',
    'webhook_unreachable',
  ],
  'GET /v1/webhook_endpoints/{id}/deliveries': [
    'invalid_value invalid_type unknown_parameter webhook_endpoint_not_found',
  ],
  'POST /v1/webhook_endpoints/{id}/deliveries/{deliveryId}/redeliver': [
    'webhook_endpoint_not_found webhook_delivery_not_found webhook_endpoint_disabled',
  ],
  'POST /v1/webhook_endpoints/{id}/redeliver': [
    'missing_required_parameter invalid_type invalid_value webhook_endpoint_not_found webhook_endpoint_disabled',
  ],
  'GET /v1/webhooks/default/secret': [],
  'GET /v1/models': [],
  'GET /v1/models/{id}': ['model_not_found'],
  'POST /v1/admin/keys': [
    'invalid_json missing_required_parameter invalid_type invalid_value unknown_parameter authentication_off',
    'request_too_large unsupported_media_type insufficient_scope',
  ],
  'GET /v1/admin/keys': ['invalid_value invalid_type unknown_parameter authentication_off'],
  'GET /v1/admin/keys/{id}': ['api_key_not_found authentication_off'],
  'POST /v1/admin/keys/{id}': [
    'invalid_json invalid_type invalid_value unknown_parameter api_key_not_found api_key_revoked authentication_off',
  ],
  'DELETE /v1/admin/keys/{id}': ['api_key_not_found authentication_off insufficient_scope'],
  'POST /v1/chat/completions': [
    'invalid_json missing_required_parameter invalid_type invalid_value unknown_parameter too_many_images',
    'image_unreadable image_too_large image_too_many_pixels image_url_invalid url_not_allowed model_not_found',
    'unsupported_parameter unsupported_response_format too_many_streams answer_diverged',
    'context_length_exceeded queue_full request_too_large unsupported_media_type',
    'image_not_found image_fetch_failed image_fetch_timeout job_cancelled job_expired execution_timeout',
    'worker_crashed engine_failed model_invalid',
  ],
};
const CODES_OF_ALL = [
  'invalid_api_key',
  'invalid_request',
  'request_timeout',
  'headers_too_large',
  'rate_limit_exceeded',
  'too_many_concurrent_requests',
  'internal_error',
  'service_unavailable',
];

describe('the OpenAPI document', () => {
  it('is a valid OpenAPI 3.1 document', async () => {
    expect(api.contract.document.openapi).toBe('3.1.0');
    expect(await api.contract.violations()).toEqual([]);
  });

  it('describes the events that webhooks are sent', () => {
    const { webhooks } = api.contract.document as unknown as { webhooks: Record<string, unknown> };
    expect(Object.keys(webhooks)).toEqual([...EVENT_TYPES]);
  });

  it('describes every route and no other', () => {
    const health = ['GET /health/live', 'GET /health/ready'];
    expect([...api.contract.operations.keys()].sort()).toEqual(
      [...Object.keys(CODES_OF_OPERATIONS), ...health].sort(),
    );
  });

  it.each(Object.entries(CODES_OF_OPERATIONS))(
    'names the error codes of %s under their status',
    (name, codes) => {
      const operation = api.contract.operations.get(name);
      for (const code of [...CODES_OF_ALL, ...codes.flatMap((line) => line.split(' '))]) {
        const entry = ERROR_CODES[code as keyof typeof ERROR_CODES];
        expect(operation?.responses[entry.httpStatus]?.description, code).toContain(`\`${code}\``);
      }
    },
  );

  it('gives every operation an id of its own, for clients that are generated from it', () => {
    const ids = [...api.contract.operations.values()].map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toContain('createJob');
  });
});

describe('the comparison of answers with the document', () => {
  const error = { message: 'm', type: 'invalid_request_error', param: null, code: 'job_not_found' };
  const answer = { method: 'GET', path: '/v1/jobs/job_1', status: 404, body: { error } };

  it.each<[string, object, RegExp | undefined]>([
    ['takes what the document says', {}, undefined],
    ['finds a field too many', { body: { error, more: 1 } }, /additional properties/],
    [
      'finds a field too few',
      { body: { error: { ...error, param: undefined } } },
      /required property 'param'/,
    ],
    [
      'finds a code that is not documented',
      { body: { error: { ...error, code: 'queue_full' } } },
      /queue_full/,
    ],
    ['finds a status that is not documented', { status: 418 }, /418/],
    [
      'finds a job with a field of the wrong type',
      { status: 200, body: { id: 5 } },
      /data\/id must be string/,
    ],
  ])('%s', (_case, change, departure) => {
    const found = api.contract.departures({ ...answer, ...change }).join();
    expect(found).toMatch(departure ?? /^$/);
  });
});

describe('the page at /docs', () => {
  it('loads only from here, under a policy that lets it', async () => {
    const page = await fetch(`${api.url}/docs`);
    const html = await page.text();
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    const sources = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, source]) => source ?? '');
    expect(sources.length).toBeGreaterThan(3);
    for (const source of sources) {
      const asset = await fetch(new URL(source, `${api.url}/docs`));
      expect(asset.status, source).toBe(200);
      await asset.arrayBuffer();
      expect(new URL(asset.url).origin).toBe(new URL(api.url).origin);
    }
    // The policy runs no script that is written into the page.
    expect(html).not.toMatch(/<script>(?!\s*<\/script>)/);
  });

  it('shows the document', async () => {
    const script = await (await fetch(`${api.url}/docs/swagger-ui-init.js`)).text();
    expect(script).toContain('createJob');
    expect(script).not.toContain('validator.swagger.io');
  });
});
