import { type UploadObject, type UploadPartObject } from '@tessera/contracts';
import { startTestRedis, type TestRedis } from '@tessera/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ErrorBody } from './api-client.js';
import { filePart, type FormPart, MULTIPART, multipartOf, textPart } from './multipart.js';
import { startTestApi, type TestApi } from './start-test-api.js';

const UPLOAD = { filename: 'rows.jsonl', purpose: 'batch', bytes: 8, mime_type: 'application/jsonl' };
const UNKNOWN_ID = `upload_${'0'.repeat(32)}`;
const PART_LIMIT = 64 * 1024 * 1024;

let redis: TestRedis;
let api: TestApi;

beforeAll(async () => {
  redis = await startTestRedis();
  api = await startTestApi(redis, { TESSERA_MAX_FILE_BYTES: '100000000' });
});
afterAll(async () => {
  await api.close();
  await redis.stop();
});

async function createUpload(fields: object = {}): Promise<UploadObject> {
  const { status, body } = await api.client.post<UploadObject>('/v1/uploads', { ...UPLOAD, ...fields });
  expect(status).toBe(200);
  return body;
}

function addPart<Body = UploadPartObject>(id: string, ...parts: FormPart[]) {
  const body = new Uint8Array(multipartOf(...parts));
  return api.client.send<Body>('POST', `/v1/uploads/${id}/parts`, { headers: MULTIPART, body });
}

describe('POST /v1/uploads', () => {
  it.each<[string, object, { status: number; code: string; param: string }]>([
    [
      'a name with a path',
      { filename: 'a/b.jsonl' },
      { status: 400, code: 'invalid_value', param: 'filename' },
    ],
    [
      'a name that is not .jsonl',
      { filename: 'a.txt' },
      { status: 400, code: 'file_invalid', param: 'filename' },
    ],
    ['an unknown purpose', { purpose: 'fun' }, { status: 400, code: 'invalid_value', param: 'purpose' }],
    ['no bytes', { bytes: 0 }, { status: 400, code: 'invalid_value', param: 'bytes' }],
    ['too many bytes', { bytes: 100_000_001 }, { status: 413, code: 'file_too_large', param: 'bytes' }],
    [
      'no type',
      { mime_type: undefined },
      { status: 400, code: 'missing_required_parameter', param: 'mime_type' },
    ],
    [
      'an expiry past the limit',
      { expires_after: { anchor: 'created_at', seconds: 2_592_001 } },
      { status: 400, code: 'invalid_value', param: 'expires_after.seconds' },
    ],
  ])('refuses %s', async (_case, fields, { status, code, param }) => {
    const answer = await api.client.post<ErrorBody>('/v1/uploads', { ...UPLOAD, ...fields });
    expect(answer).toMatchObject({ status, body: { error: { code, param } } });
  });
});

describe('an upload', () => {
  it('makes a file that is kept for as long as it asked for', async () => {
    const { id } = await createUpload({ expires_after: { anchor: 'created_at', seconds: 3_600 } });
    const { body: part } = await addPart(id, filePart('{"a":1}\n', 'blob', 'data'));
    expect(part).toMatchObject({ object: 'upload.part', upload_id: id });
    const { body } = await api.client.post<UploadObject>(`/v1/uploads/${id}/complete`, {
      part_ids: [part.id],
    });
    const { file } = body;
    expect((file?.expires_at ?? 0) - (file?.created_at ?? 0)).toBe(3_600);
  });

  it.each<[string, FormPart[], { code: string; param: string }]>([
    ['no data', [], { code: 'missing_required_parameter', param: 'data' }],
    ['data under another name', [filePart('x')], { code: 'unknown_parameter', param: 'file' }],
    ['data as text', [textPart('data', 'x')], { code: 'invalid_type', param: 'data' }],
    [
      'another field',
      [textPart('n', '1'), filePart('x', 'b', 'data')],
      { code: 'unknown_parameter', param: 'n' },
    ],
    ['empty data', [filePart('', 'b', 'data')], { code: 'invalid_value', param: 'data' }],
  ])('refuses a part with %s and keeps nothing', async (_case, parts, { code, param }) => {
    const { id } = await createUpload();
    const before = await api.storedObjects();
    expect(await addPart<ErrorBody>(id, ...parts)).toMatchObject({
      status: 400,
      body: { error: { code, param } },
    });
    expect(await api.storedObjects()).toEqual(before);
  });

  it('refuses a part of one byte more than 64 MiB', async () => {
    const { id } = await createUpload({ bytes: PART_LIMIT + 1 });
    expect(await addPart<ErrorBody>(id, filePart(Buffer.alloc(PART_LIMIT + 1), 'b', 'data'))).toMatchObject({
      status: 413,
      body: { error: { code: 'file_too_large', param: 'data' } },
    });
  });

  it('is not completed by a list that is none, or with a wrong MD5', async () => {
    const { id } = await createUpload();
    const { body: part } = await addPart(id, filePart('{"a":1}\n', 'blob', 'data'));
    const complete = (body: object) => api.client.post<ErrorBody>(`/v1/uploads/${id}/complete`, body);
    expect((await complete({})).body.error).toMatchObject({ param: 'part_ids' });
    expect((await complete({ part_ids: [] })).body.error).toMatchObject({ param: 'part_ids' });
    expect((await complete({ part_ids: ['part_1'] })).body.error).toMatchObject({ param: 'part_ids' });
    const given = { part_ids: [part.id], md5: 'x' };
    expect((await complete(given)).body.error).toMatchObject({ code: 'invalid_value', param: 'md5' });
    expect((await complete({ ...given, md5: '0'.repeat(32) })).body.error).toMatchObject({ param: 'md5' });
    expect((await complete({ part_ids: [part.id] })).status).toBe(200);
  });

  it('can be cancelled with the empty JSON body of the Python client, and not once it is completed', async () => {
    const { id } = await createUpload();
    const cancel = (uploadId: string) =>
      api.client.send<UploadObject & ErrorBody>('POST', `/v1/uploads/${uploadId}/cancel`, {
        headers: { 'content-type': 'application/json' },
      });
    expect(await cancel(id)).toMatchObject({ status: 200, body: { status: 'cancelled', file: null } });
    const other = await createUpload();
    const { body: part } = await addPart(other.id, filePart('{"a":1}\n', 'blob', 'data'));
    await api.client.post(`/v1/uploads/${other.id}/complete`, { part_ids: [part.id] });
    const refused = await cancel(other.id);
    expect(refused).toMatchObject({ status: 409, body: { error: { code: 'upload_finished' } } });
    expect(refused.headers.get('x-should-retry')).toBe('false');
  });

  it('that is unknown answers upload_not_found everywhere', async () => {
    for (const id of [UNKNOWN_ID, 'upload_1']) {
      const answers = [
        await addPart<ErrorBody>(id, filePart('x', 'b', 'data')),
        await api.client.post<ErrorBody>(`/v1/uploads/${id}/complete`, { part_ids: ['part_1'] }),
        await api.client.send<ErrorBody>('POST', `/v1/uploads/${id}/cancel`),
      ];
      expect(answers.map(({ status, body }) => [status, body.error.code])).toEqual(
        answers.map(() => [404, 'upload_not_found']),
      );
    }
  });
});
