import { type Batch, type BatchRequest } from '@tessera/contracts';
import { createLogger } from '@tessera/observability';
import { type BatchLedger, openBatchLedger } from '@tessera/queue';
import { openObjectStore } from '@tessera/storage';
import { startTestRedis, type TestRedis } from '@tessera/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ErrorBody, type JsonAnswer } from './api-client.js';
import { startTestApi, type TestApi } from './start-test-api.js';

interface BatchList {
  data: Batch[];
  first_id: string | null;
  last_id: string | null;
  has_more: boolean;
}
interface Refusal {
  status: number;
  code: string;
  param?: string | null;
  message?: string;
}

const UNKNOWN_ID = `batch_${'0'.repeat(32)}`;
const BODY = {
  input_file_id: `file-${'a'.repeat(32)}`,
  endpoint: '/v1/chat/completions',
  completion_window: '24h',
};

let redis: TestRedis;
let api: TestApi;
/** The dispatcher's end: it decides what becomes of a batch. */
let ledger: BatchLedger;

beforeAll(async () => {
  redis = await startTestRedis();
  api = await startTestApi(redis);
  ledger = await openBatchLedger({
    connection: { url: redis.url, prefix: api.config.redis.prefix },
    retentionSeconds: 60,
    logger: createLogger({ name: 'test', level: 'silent' }),
  });
});
afterAll(async () => {
  await ledger.close();
  await api.close();
  await redis.stop();
});

async function create(changes: object = {}, headers: Record<string, string> = {}): Promise<Batch> {
  const answer = await api.client.post<Batch>('/v1/batches', { ...BODY, ...changes }, headers);
  expect(answer.status).toBe(200);
  return answer.body;
}

async function read(id: string): Promise<Batch> {
  return (await api.client.get<Batch>(`/v1/batches/${id}`)).body;
}

async function manifestOf(id: string): Promise<BatchRequest> {
  const store = await openObjectStore(api.config.store);
  const text = Buffer.from(await store.get(`batches/${id}/batch.json`)).toString('utf8');
  return (JSON.parse(text) as { request: BatchRequest }).request;
}

function expectRefusal(answer: JsonAnswer<ErrorBody>, { status, code, param = null, message }: Refusal) {
  expect({ status: answer.status, ...answer.body.error }).toMatchObject({ status, code, param });
  if (message !== undefined) expect(answer.body.error.message).toBe(message);
  expect(answer.headers.get('x-should-retry')).toBe('false');
}

/** Brings a new batch of five rows to its end, as the dispatcher does. */
async function finished(
  status: 'completed' | 'expired' | 'cancelled',
  files: { outputFileId?: string; errorFileId?: string },
  changes: object = {},
): Promise<Batch> {
  const { id } = await create(changes);
  await begin(id);
  await ledger.finish(id, status, files);
  return read(id);
}

function begin(id: string): Promise<unknown> {
  return ledger.begin(id, { model: 'tiny', inputKey: 'files/x/content', total: 5, inputBytes: 500 });
}

describe('POST /v1/batches', () => {
  it('answers with the batch in the shape of OpenAI, and has its manifest in the store by then', async () => {
    const { id, created_at, ...rest } = await create({ metadata: { customer: 'u1' } });
    expect(id).toMatch(/^batch_[0-9a-f]{32}$/);
    expect(rest).toEqual({
      object: 'batch',
      endpoint: '/v1/chat/completions',
      model: null,
      errors: null,
      input_file_id: BODY.input_file_id,
      completion_window: '24h',
      status: 'validating',
      output_file_id: null,
      error_file_id: null,
      in_progress_at: null,
      expires_at: created_at + 86_400,
      finalizing_at: null,
      completed_at: null,
      failed_at: null,
      expired_at: null,
      cancelling_at: null,
      cancelled_at: null,
      request_counts: { total: 0, completed: 0, failed: 0 },
      usage: {
        input_tokens: 0,
        input_tokens_details: { cached_tokens: 0 },
        output_tokens: 0,
        output_tokens_details: { reasoning_tokens: 0 },
        total_tokens: 0,
      },
      metadata: { customer: 'u1' },
      priority: 'normal',
      retry_of: null,
    });
    const { createdAtMs, deadlineAtMs, ...manifest } = await manifestOf(id);
    expect(deadlineAtMs - createdAtMs).toBe(86_400_000);
    expect(manifest).toEqual({
      id,
      ownerId: 'admin',
      weight: 1,
      inputFileId: BODY.input_file_id,
      endpoint: '/v1/chat/completions',
      completionWindow: '24h',
      metadata: { customer: 'u1' },
      priority: 'normal',
      requestId: expect.stringMatching(/^req_/) as unknown,
    });
  });

  it('keeps window, priority and the expiry of the output as they were asked for', async () => {
    const batch = await create({
      completion_window: '7d',
      priority: 'low',
      metadata: null,
      output_expires_after: { anchor: 'created_at', seconds: 3_600 },
    });
    expect(batch).toMatchObject({
      completion_window: '7d',
      expires_at: batch.created_at + 7 * 86_400,
      priority: 'low',
      metadata: null,
    });
    expect(await manifestOf(batch.id)).toMatchObject({ outputExpiresAfterSeconds: 3_600 });
  });

  it('makes one batch only for one Idempotency-Key, and refuses another body under it', async () => {
    const key = { 'idempotency-key': 'once' };
    const first = await create({ metadata: { n: '1' } }, key);
    const manifest = await manifestOf(first.id);
    const again = await api.client.post<Batch>('/v1/batches', { ...BODY, metadata: { n: '1' } }, key);
    expect(again.body).toEqual(first);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(await manifestOf(first.id)).toEqual(manifest);
    expectRefusal(await api.client.post<ErrorBody>('/v1/batches', BODY, key), {
      status: 422,
      code: 'idempotency_key_reused',
      param: 'Idempotency-Key',
    });
  });

  it('makes one batch only of requests with one key that come at the same time', async () => {
    const batches = await Promise.all(
      Array.from({ length: 8 }, () => create({}, { 'idempotency-key': 'together' })),
    );
    expect(new Set(batches.map(({ id }) => id)).size).toBe(1);
    const record = await ledger.getBatch(batches[0]?.id ?? '');
    expect(await manifestOf(record?.id ?? '')).toMatchObject({
      requestId: record?.requestId,
      createdAtMs: record?.createdAtMs,
    });
  });
});

describe('POST /v1/batches refuses, and keeps nothing of,', () => {
  const metadata = (pairs: object) => ({ ...BODY, metadata: pairs });
  let before: number;
  beforeEach(async () => {
    before = (await api.storedObjects()).length;
  });

  it.each<[string, unknown, Refusal]>([
    ['text that is no JSON', '{"endpoint":', { status: 400, code: 'invalid_json' }],
    ['an empty body', '', { status: 400, code: 'missing_required_parameter' }],
    [
      'no input file',
      { ...BODY, input_file_id: undefined },
      { status: 400, code: 'missing_required_parameter', param: 'input_file_id' },
    ],
    [
      'an input file that is no text',
      { ...BODY, input_file_id: 5 },
      { status: 400, code: 'invalid_type', param: 'input_file_id' },
    ],
    [
      'no endpoint',
      { ...BODY, endpoint: undefined },
      { status: 400, code: 'missing_required_parameter', param: 'endpoint' },
    ],
    [
      'an endpoint that batches cannot have',
      { ...BODY, endpoint: '/v1/embeddings' },
      { status: 400, code: 'invalid_value', param: 'endpoint' },
    ],
    [
      'no window',
      { ...BODY, completion_window: undefined },
      { status: 400, code: 'missing_required_parameter', param: 'completion_window' },
    ],
    ...['', '24', '1w', '0h', '31d', '721h', '-1h', '1.5h'].map((window): [string, unknown, Refusal] => [
      `the window ${JSON.stringify(window)}`,
      { ...BODY, completion_window: window },
      { status: 400, code: 'invalid_value', param: 'completion_window' },
    ]),
    [
      'metadata that is no object',
      { ...BODY, metadata: 'x' },
      { status: 400, code: 'invalid_type', param: 'metadata' },
    ],
    [
      'metadata with a value that is no text',
      metadata({ n: 1 }),
      { status: 400, code: 'invalid_type', param: 'metadata.n' },
    ],
    [
      'a metadata value over the limit',
      metadata({ n: 'v'.repeat(513) }),
      { status: 400, code: 'invalid_value', param: 'metadata.n' },
    ],
    [
      'a metadata key over the limit',
      metadata({ ['k'.repeat(65)]: 'v' }),
      { status: 400, code: 'invalid_value', param: `metadata.${'k'.repeat(65)}` },
    ],
    [
      'more metadata than the limit',
      metadata(Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`k${index}`, 'v']))),
      { status: 400, code: 'invalid_value', param: 'metadata' },
    ],
    [
      'a field it does not know',
      { ...BODY, window: '24h' },
      { status: 400, code: 'unknown_parameter', param: 'window' },
    ],
    [
      'an expiry of the output that is too short',
      { ...BODY, output_expires_after: { anchor: 'created_at', seconds: 60 } },
      { status: 400, code: 'invalid_value', param: 'output_expires_after.seconds' },
    ],
  ])('%s', async (_case, body, refusal) => {
    expectRefusal(await api.client.post<ErrorBody>('/v1/batches', body), refusal);
    expect(await api.storedObjects()).toHaveLength(before);
  });

  it('a form', async () => {
    const answer = await api.client.post<ErrorBody>('/v1/batches', 'a=b', { 'content-type': 'text/plain' });
    expectRefusal(answer, { status: 415, code: 'unsupported_media_type' });
  });
});

describe('GET /v1/batches', () => {
  let own: TestApi;
  beforeAll(async () => {
    own = await startTestApi(redis);
  });
  afterAll(() => own.close());
  const page = async (query: string) => (await own.client.get<BatchList>(`/v1/batches${query}`)).body;

  it('pages through all of them, newest first', async () => {
    expect(await page('')).toEqual({
      ...{ object: 'list', data: [], first_id: null, last_id: null, has_more: false },
    });
    const ids: string[] = [];
    for (let count = 0; count < 5; count++) {
      ids.unshift((await own.client.post<Batch>('/v1/batches', BODY)).body.id);
    }
    const seen: string[] = [];
    let more = true;
    while (more) {
      const { data, has_more, first_id, last_id } = await page(
        seen.length === 0 ? '?limit=2' : `?limit=2&after=${seen.at(-1)}`,
      );
      expect([first_id, last_id]).toEqual([data[0]?.id, data.at(-1)?.id]);
      seen.push(...data.map(({ id }) => id));
      more = has_more;
    }
    expect([...seen].sort()).toEqual([...ids].sort());
    expect((await page('')).data.map(({ id }) => id)).toEqual(seen);
    expect((await page(`?after=${seen.at(-1)}`)).data).toEqual([]);
  });

  it.each<[string, string, string]>([
    ['limit=0', 'invalid_value', 'limit'],
    ['limit=101', 'invalid_value', 'limit'],
    ['limit=two', 'invalid_value', 'limit'],
    ['limit=1&limit=2', 'invalid_type', 'limit'],
    ['after=x', 'invalid_value', 'after'],
    [`after=${UNKNOWN_ID}`, 'invalid_value', 'after'],
    ['status=done', 'unknown_parameter', 'status'],
  ])('refuses %s', async (query, code, param) => {
    expectRefusal(await own.client.get<ErrorBody>(`/v1/batches?${query}`), { status: 400, code, param });
  });
});

describe('a batch that does not exist', () => {
  it.each([
    ['GET', `/v1/batches/${UNKNOWN_ID}`],
    ['GET', '/v1/batches/no-id'],
    ['POST', `/v1/batches/${UNKNOWN_ID}/cancel`],
    ['POST', '/v1/batches/no-id/cancel'],
    ['POST', `/v1/batches/${UNKNOWN_ID}/retry`],
    ['POST', '/v1/batches/no-id/retry'],
  ])('is not found by %s %s', async (method, path) => {
    expectRefusal(await api.client.send<ErrorBody>(method, path), {
      status: 404,
      code: 'batch_not_found',
      param: 'id',
    });
  });
});

describe('POST /v1/batches/{id}/cancel', () => {
  const cancel = <Body>(id: string, init: RequestInit = {}): Promise<JsonAnswer<Body>> =>
    api.client.send('POST', `/v1/batches/${id}/cancel`, init);

  it('begins to end a batch, and may be sent again until it is cancelled', async () => {
    const { id } = await create();
    await begin(id);
    const first = await cancel<Batch>(id);
    expect(first.status).toBe(200);
    expect(first.body).toMatchObject({ id, status: 'cancelling', cancelled_at: null });
    expect(first.body.cancelling_at).toBeGreaterThanOrEqual(first.body.created_at);
    const store = await openObjectStore(api.config.store);
    const { cancellingAtMs } = JSON.parse(
      Buffer.from(await store.get(`batches/${id}/cancel.json`)).toString(),
    ) as { cancellingAtMs: number };
    expect(Math.floor(cancellingAtMs / 1000)).toBe(first.body.cancelling_at);
    expect((await cancel<Batch>(id)).body).toEqual(first.body);
    await ledger.finish(id, 'cancelled', {});
    const last = await cancel<Batch>(id);
    expect([last.status, last.body.status]).toEqual([200, 'cancelled']);
    expect(last.body.cancelled_at).not.toBeNull();
  });

  it('takes the empty JSON body that Python’s SDK sends', async () => {
    const { id } = await create();
    const answer = await cancel<Batch>(id, { headers: { 'content-type': 'application/json' } });
    expect([answer.status, answer.body.status]).toEqual([200, 'cancelling']);
  });

  it.each(['completed', 'expired'] as const)('refuses one that is %s', async (status) => {
    const { id } = await finished(status, {});
    expectRefusal(await cancel<ErrorBody>(id), {
      status: 409,
      code: 'batch_finished',
      message: `Cannot cancel a batch with status '${status}'.`,
    });
  });

  it('refuses one whose input was not valid', async () => {
    const { id } = await create();
    const problem = { code: 'invalid_json_line', message: 'm', param: null, line: 7 };
    await ledger.fail(id, [problem]);
    expect(await read(id)).toMatchObject({ status: 'failed', errors: { object: 'list', data: [problem] } });
    expectRefusal(await cancel<ErrorBody>(id), {
      status: 409,
      code: 'batch_finished',
      message: "Cannot cancel a batch with status 'failed'.",
    });
  });

  it('refuses one whose files are being put together', async () => {
    const { id } = await create();
    await ledger.begin(id, { model: 'tiny', inputKey: 'k', total: 0, inputBytes: 0 });
    await ledger.finalize(id, 'file-o', 'file-e');
    expectRefusal(await cancel<ErrorBody>(id), {
      status: 409,
      code: 'batch_finished',
      message: "Cannot cancel a batch with status 'finalizing'.",
    });
  });
});

describe('POST /v1/batches/{id}/retry', () => {
  const files = { outputFileId: 'file-o', errorFileId: 'file-e' };
  const terms = {
    completion_window: '48h',
    metadata: { a: 'b' },
    priority: 'low',
    output_expires_after: { anchor: 'created_at', seconds: 7_200 },
  };
  const retry = <Body>(id: string, body: unknown = {}): Promise<JsonAnswer<Body>> =>
    api.client.post(`/v1/batches/${id}/retry`, body);

  it.each(['completed', 'expired', 'cancelled'] as const)(
    'makes a new batch of the rows that failed in one that is %s',
    async (status) => {
      const earlier = await finished(status, files, terms);
      const { status: httpStatus, body } = await retry<Batch>(earlier.id, '');
      expect(httpStatus).toBe(200);
      expect(body.id).not.toBe(earlier.id);
      expect(body).toMatchObject({
        status: 'validating',
        retry_of: earlier.id,
        input_file_id: earlier.input_file_id,
        endpoint: earlier.endpoint,
        completion_window: '48h',
        expires_at: body.created_at + 48 * 3_600,
        metadata: { a: 'b' },
        priority: 'low',
        output_file_id: null,
      });
      expect(await manifestOf(body.id)).toMatchObject({
        retryOf: earlier.id,
        outputExpiresAfterSeconds: 7_200,
      });
    },
  );

  it('gives it another window and other metadata where the body says so', async () => {
    const earlier = await finished('completed', files, terms);
    const { body } = await retry<Batch>(earlier.id, { completion_window: '1h', metadata: null });
    expect(body).toMatchObject({ completion_window: '1h', metadata: null, retry_of: earlier.id });
    expect(body.expires_at).toBe(body.created_at + 3_600);
  });

  it('refuses one that has not ended', async () => {
    const { id } = await create();
    expectRefusal(await retry<ErrorBody>(id), { status: 409, code: 'batch_not_finished' });
  });

  it('refuses one without failed rows, and one of which no row ran', async () => {
    const complete = await finished('completed', { outputFileId: 'file-o' });
    const nothing: Refusal = { status: 400, code: 'invalid_request', param: 'id' };
    expectRefusal(await retry<ErrorBody>(complete.id), nothing);
    const invalid = await create();
    await ledger.fail(invalid.id, []);
    expectRefusal(await retry<ErrorBody>(invalid.id), nothing);
  });

  it.each<[object, Refusal]>([
    [{ completion_window: 'soon' }, { status: 400, code: 'invalid_value', param: 'completion_window' }],
    [{ metadata: { n: 1 } }, { status: 400, code: 'invalid_type', param: 'metadata.n' }],
    [{ priority: 'low' }, { status: 400, code: 'unknown_parameter', param: 'priority' }],
  ])('refuses the body %j', async (body, refusal) => {
    const earlier = await finished('completed', files);
    expectRefusal(await retry<ErrorBody>(earlier.id, body), refusal);
  });
});
