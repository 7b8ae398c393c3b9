import { type FileObject } from '@tessera/contracts';
import { startTestRedis, type TestRedis } from '@tessera/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ErrorBody } from './api-client.js';
import { chunked, filePart, type FormPart, MULTIPART, multipartOf, textPart } from './multipart.js';
import { startTestApi, type TestApi } from './start-test-api.js';

interface FileList {
  data: FileObject[];
  first_id: string | null;
  last_id: string | null;
  has_more: boolean;
}

const ROW = '{"custom_id":"1"}\n';
const UNKNOWN_ID = `file-${'0'.repeat(32)}`;

let redis: TestRedis;
let api: TestApi;

beforeAll(async () => {
  redis = await startTestRedis();
  api = await startTestApi(redis, { TESSERA_MAX_FILE_BYTES: '300000' });
});
afterAll(async () => {
  await api.close();
  await redis.stop();
});

function send<Body = FileObject>(...parts: FormPart[]) {
  const body = new Uint8Array(multipartOf(...parts));
  return api.client.send<Body>('POST', '/v1/files', { headers: MULTIPART, body });
}

async function upload(body: string | Uint8Array = ROW, filename = 'rows.jsonl'): Promise<FileObject> {
  const { status, body: file } = await send(textPart('purpose', 'batch'), filePart(body, filename));
  expect(status).toBe(200);
  return file;
}

describe('POST /v1/files', () => {
  it.each([
    ['before its purpose', [filePart(ROW), textPart('purpose', 'batch')]],
    ['after its purpose', [textPart('purpose', 'batch'), filePart(ROW)]],
  ])('takes a file that comes %s, and answers in the shape of OpenAI', async (_case, parts) => {
    const before = Math.floor(Date.now() / 1000);
    const { status, body } = await send(...parts);
    expect(status).toBe(200);
    expect(body).toEqual({
      id: expect.stringMatching(/^file-[0-9a-f]{32}$/) as string,
      object: 'file',
      bytes: ROW.length,
      created_at: expect.any(Number) as number,
      expires_at: body.created_at + 2_592_000,
      filename: 'rows.jsonl',
      purpose: 'batch',
      status: 'processed',
    });
    expect(body.created_at).toBeGreaterThanOrEqual(before);
    expect(await contentOf(body.id)).toBe(ROW);
  });

  it('takes a body that is sent chunked, in pieces cut anywhere', async () => {
    const bytes = multipartOf(filePart(ROW.repeat(1_000)), textPart('purpose', 'batch'));
    const pieces = [
      bytes.subarray(0, 7),
      bytes.subarray(7, 131),
      bytes.subarray(131, 9_000),
      bytes.subarray(9_000),
    ];
    const { status, body } = await api.client.send<FileObject>('POST', '/v1/files', chunked(...pieces));
    expect({ status, bytes: body.bytes }).toEqual({ status: 200, bytes: ROW.length * 1_000 });
    expect(await contentOf(body.id)).toBe(ROW.repeat(1_000));
  });

  it('keeps a file for as long as it asks for', async () => {
    const { body } = await send(
      textPart('expires_after[anchor]', 'created_at'),
      textPart('expires_after[seconds]', '3600'),
      textPart('purpose', 'vision'),
      filePart('picture', 'a.png'),
    );
    expect(body.expires_at).toBe(body.created_at + 3_600);
  });

  it('keeps a name in letters of any language', async () => {
    const { id, filename } = await upload(ROW, 'größe 寸法.jsonl');
    expect(filename).toBe('größe 寸法.jsonl');
    const { headers } = await fetch(`${api.url}/v1/files/${id}/content`);
    expect(headers.get('content-disposition')).toContain(
      `filename*=UTF-8''gr%C3%B6%C3%9Fe%20%E5%AF%B8%E6%B3%95.jsonl`,
    );
  });

  const purpose = textPart('purpose', 'batch');
  const refusals: [string, FormPart[], { code: string; param: string; message?: RegExp }][] = [
    ['no file', [purpose], { code: 'missing_required_parameter', param: 'file' }],
    ['no purpose', [filePart(ROW)], { code: 'missing_required_parameter', param: 'purpose' }],
    [
      'an unknown purpose before the file',
      [textPart('purpose', 'fun'), filePart(ROW)],
      { code: 'invalid_value', param: 'purpose', message: /"batch".*given "fun"/ },
    ],
    [
      'an unknown purpose after the file',
      [filePart(ROW), textPart('purpose', 'fun')],
      { code: 'invalid_value', param: 'purpose' },
    ],
    [
      'the purpose of what we write ourselves',
      [textPart('purpose', 'batch_output'), filePart(ROW)],
      { code: 'invalid_value', param: 'purpose' },
    ],
    ['the purpose twice', [purpose, purpose, filePart(ROW)], { code: 'invalid_value', param: 'purpose' }],
    ['two files', [purpose, filePart(ROW), filePart(ROW)], { code: 'invalid_value', param: 'file' }],
    [
      'the file under another name',
      [purpose, filePart(ROW, 'a.jsonl', 'data')],
      { code: 'unknown_parameter', param: 'data', message: /named file/ },
    ],
    [
      'a text in place of the file',
      [purpose, textPart('file', ROW)],
      { code: 'invalid_type', param: 'file' },
    ],
    [
      'an unknown field',
      [purpose, filePart(ROW), textPart('x', '1')],
      { code: 'unknown_parameter', param: 'x' },
    ],
    ['no bytes', [purpose, filePart('')], { code: 'file_invalid', param: 'file', message: /empty/ }],
    ['no bytes, purpose last', [filePart(''), purpose], { code: 'file_invalid', param: 'file' }],
    ['a first line that is no JSON', [purpose, filePart('hello\n')], { code: 'file_invalid', param: 'file' }],
    ['the same, purpose last', [filePart('hello\n'), purpose], { code: 'file_invalid', param: 'file' }],
    ['a first line that is no object', [purpose, filePart('[1]\n')], { code: 'file_invalid', param: 'file' }],
    [
      'a name that is not .jsonl',
      [purpose, filePart(ROW, 'rows.csv')],
      { code: 'file_invalid', param: 'filename', message: /\.jsonl, given "rows\.csv"/ },
    ],
    [
      'more bytes than allowed',
      [purpose, filePart(ROW.repeat(20_000))],
      { code: 'file_too_large', param: 'file', message: /at most 300000 bytes/ },
    ],
    [
      'an expiry that is too short',
      [
        purpose,
        textPart('expires_after[anchor]', 'created_at'),
        textPart('expires_after[seconds]', '3599'),
        filePart(ROW),
      ],
      { code: 'invalid_value', param: 'expires_after[seconds]' },
    ],
    [
      'half an expiry',
      [purpose, textPart('expires_after[seconds]', '3600'), filePart(ROW)],
      { code: 'missing_required_parameter', param: 'expires_after[anchor]' },
    ],
  ];
  it.each(refusals)('refuses %s and keeps nothing', async (_case, parts, { code, param, message = /./ }) => {
    const before = await api.storedObjects();
    const { status, body } = await send<ErrorBody>(...parts);
    expect(status).toBe(code === 'file_too_large' ? 413 : 400);
    expect(body.error).toMatchObject({ code, param, message: expect.stringMatching(message) as string });
    expect(await api.storedObjects()).toEqual(before);
  });

  it('refuses a form without an end, and one without a boundary', async () => {
    const before = await api.storedObjects();
    const whole = multipartOf(textPart('purpose', 'batch'), filePart(ROW));
    for (const body of [whole.subarray(0, whole.length - 40), whole.subarray(0, whole.length - 4)]) {
      const init = { headers: MULTIPART, body: new Uint8Array(body) };
      const { status, body: answer } = await api.client.send<ErrorBody>('POST', '/v1/files', init);
      expect({ status, code: answer.error.code }).toEqual({ status: 400, code: 'invalid_request' });
    }
    const init = { headers: { 'content-type': 'multipart/form-data' }, body: 'x' };
    expect((await api.client.send<ErrorBody>('POST', '/v1/files', init)).status).toBe(400);
    expect(await api.storedObjects()).toEqual(before);
  });

  it('refuses what is no form', async () => {
    for (const init of [{}, { headers: { 'content-type': 'application/json' }, body: '{}' }]) {
      const { status, body } = await api.client.send<ErrorBody>('POST', '/v1/files', init);
      expect({ status, code: body.error.code }).toEqual({ status: 415, code: 'unsupported_media_type' });
      expect(body.error.message).toMatch(/^the body must be multipart\/form-data, given [^m]/);
    }
  });
});

describe('GET /v1/files', () => {
  it('pages through all files in both orders, by purpose', async () => {
    const ids = [];
    for (let n = 0; n < 5; n += 1)
      ids.push((await send(textPart('purpose', 'user_data'), filePart('x', 'a'))).body.id);
    const seen: string[] = [];
    let after = '';
    for (let isLast = false; !isLast;) {
      const { body } = await api.client.get<FileList>(
        `/v1/files?purpose=user_data&limit=2&order=asc${after && `&after=${after}`}`,
      );
      expect([body.first_id, body.last_id]).toEqual([body.data[0]?.id, body.data.at(-1)?.id]);
      seen.push(...body.data.map(({ id }) => id));
      after = body.last_id ?? '';
      isLast = !body.has_more;
    }
    expect([...seen].sort()).toEqual([...ids].sort());
    const { body: newest } = await api.client.get<FileList>('/v1/files?purpose=user_data');
    expect(newest.data.map(({ id }) => id)).toEqual([...seen].reverse());
    expect((await api.client.get<FileList>('/v1/files?purpose=assistants')).body).toMatchObject({
      data: [],
      first_id: null,
      has_more: false,
    });
  });

  it.each([
    ['limit=0', 'limit'],
    ['limit=10001', 'limit'],
    ['limit=x', 'limit'],
    ['order=up', 'order'],
    ['purpose=fun', 'purpose'],
    ['after=file-1', 'after'],
    [`after=${UNKNOWN_ID}`, 'after'],
    ['page=2', 'page'],
  ])('refuses ?%s', async (query, param) => {
    const { status, body } = await api.client.get<ErrorBody>(`/v1/files?${query}`);
    expect({ status, param: body.error.param }).toEqual({ status: 400, param });
  });
});

describe('a file', () => {
  it('is retrieved, read and deleted', async () => {
    const file = await upload();
    expect((await api.client.get(`/v1/files/${file.id}`)).body).toEqual(file);
    // As Python's client sends it: a JSON type and no body.
    const init = { headers: { 'content-type': 'application/json' } };
    expect(await api.client.send('DELETE', `/v1/files/${file.id}`, init)).toMatchObject({
      status: 200,
      body: { id: file.id, object: 'file', deleted: true },
    });
    expect((await api.client.get(`/v1/files/${file.id}`)).status).toBe(404);
    expect((await fetch(`${api.url}/v1/files/${file.id}/content`)).status).toBe(404);
  });

  it.each([
    ['GET', ''],
    ['GET', '/content'],
    ['DELETE', ''],
  ])('that is unknown answers %s %s with file_not_found', async (method, path) => {
    for (const id of [UNKNOWN_ID, 'file-1', 'a%2F..%2F..%2Fb']) {
      const { status, body } = await api.client.send<ErrorBody>(method, `/v1/files/${id}${path}`);
      expect({ status, ...body.error }).toMatchObject({ status: 404, code: 'file_not_found', param: 'id' });
    }
  });
});

describe('the content of a file', () => {
  it('comes with its size and name, whatever Accept asks for', async () => {
    const { id } = await upload(ROW, 'my rows.jsonl');
    for (const accept of ['application/binary', 'image/png', '*/*']) {
      const response = await fetch(`${api.url}/v1/files/${id}/content`, { headers: { accept } });
      expect(response.status).toBe(200);
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'content-type': 'application/octet-stream',
        'content-length': String(ROW.length),
        'content-disposition': 'attachment; filename="my rows.jsonl"',
        'x-content-type-options': 'nosniff',
      });
      expect(await response.text()).toBe(ROW);
    }
  });

  it('answers HEAD with the same headers and no bytes', async () => {
    const { id } = await upload();
    const url = `${api.url}/v1/files/${id}/content`;
    const [head, get] = [await fetch(url, { method: 'HEAD' }), await fetch(url)];
    expect(await head.text()).toBe('');
    expect(await get.text()).toBe(ROW);
    for (const name of ['content-length', 'content-type', 'etag', 'accept-ranges']) {
      expect(head.headers.get(name), name).toBe(get.headers.get(name));
      expect(head.headers.get(name), name).not.toBeNull();
    }
  });

  it('comes in the range that is asked for, as long as it is the same file', async () => {
    const { id } = await upload();
    const read = (headers: Record<string, string>) => fetch(`${api.url}/v1/files/${id}/content`, { headers });
    const part = await read({ range: 'bytes=2-5' });
    expect([part.status, await part.text()]).toEqual([206, ROW.slice(2, 6)]);
    expect(part.headers.get('content-range')).toBe(`bytes 2-5/${ROW.length}`);
    const etag = part.headers.get('etag') ?? '';
    expect((await read({ range: 'bytes=2-5', 'if-range': etag })).status).toBe(206);
    expect((await read({ range: 'bytes=2-5', 'if-range': '"other"' })).status).toBe(200);
    const past = await read({ range: 'bytes=999-' });
    expect([past.status, past.headers.get('content-range')]).toEqual([416, `bytes */${ROW.length}`]);
    expect(((await past.json()) as ErrorBody).error.code).toBe('range_not_satisfiable');
  });
});

async function contentOf(id: string): Promise<string> {
  return (await fetch(`${api.url}/v1/files/${id}/content`)).text();
}
