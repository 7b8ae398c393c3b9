import { startTestRedis, type TestRedis } from '@tessera/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ErrorBody } from './api-client.js';
import { formOf, makePng, toDataUrl } from './pictures.js';
import { startStandInWorker } from './stand-in-worker.js';
import { startTestApi, type TestApi } from './start-test-api.js';

const MAX_BODY_BYTES = 400_000;
const MAX_IMAGE_BYTES = 100_000;

let redis: TestRedis;
let api: TestApi;
let drain: () => Promise<unknown>;
let png: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  redis = await startTestRedis();
  png = await makePng();
  api = await startTestApi(redis, {
    TESSERA_MAX_BODY_BYTES: String(MAX_BODY_BYTES),
    TESSERA_MAX_IMAGE_BYTES: String(MAX_IMAGE_BYTES),
    TESSERA_MAX_IMAGE_PIXELS: '10000',
    TESSERA_MAX_IMAGES_PER_JOB: '3',
  });
  const worker = await startStandInWorker(api);
  drain = () => worker.drain(1_000);
});
afterAll(async () => {
  await drain();
  await api.close();
  await redis.stop();
});

afterEach(async () => {
  expect(await api.storedObjects(), 'objects left by a refusal').toEqual([]);
  expect(await api.jobKeys(), 'records left by a refusal').toEqual([]);
});

interface Refusal {
  status: number;
  code: string;
  param?: string | null;
  message?: RegExp;
}

function expectRefusal(
  answer: { status: number; headers: Headers; body: ErrorBody },
  { status, code, param = null, message = /./ }: Refusal,
): void {
  expect({ status: answer.status, ...answer.body.error }).toMatchObject({ status, code, param });
  expect(answer.body.error.message).toMatch(message);
  expect(answer.headers.get('x-request-id')).toMatch(/^req_/);
  expect(answer.headers.get('x-should-retry')).toBe('false');
  expect(answer.headers.get('content-type')).toContain('application/json');
}

const question = 'q';
const url = 'https://example.com/a.png';

describe('POST /v1/jobs refuses, and keeps nothing of,', () => {
  it.each<[string, unknown, Refusal]>([
    ['text that is no JSON', '{"question":', { status: 400, code: 'invalid_json' }],
    ['an empty body', '', { status: 400, code: 'invalid_json' }],
    ['a __proto__ key', '{"__proto__":{}}', { status: 400, code: 'invalid_json' }],
    [
      'nesting past the limit',
      `{"question":${'['.repeat(40)}`,
      { status: 400, code: 'invalid_request', message: /at most 32 levels/ },
    ],
    [
      'more values than the limit',
      `[${'0,'.repeat(100_001)}0]`,
      { status: 400, code: 'invalid_request', message: /at most 100000 values/ },
    ],
    ['a list', [], { status: 400, code: 'invalid_type' }],
    [
      'no question',
      { images: [url] },
      { status: 400, code: 'missing_required_parameter', param: 'question' },
    ],
    ['a question that is no text', { question: 5 }, { status: 400, code: 'invalid_type', param: 'question' }],
    ['a blank question', { question: ' ' }, { status: 400, code: 'invalid_value', param: 'question' }],
    [
      'a field it does not know',
      { question, temprature: 0 },
      { status: 400, code: 'unknown_parameter', param: 'temprature' },
    ],
    [
      'both forms',
      { question, messages: [{ role: 'user', content: 'q' }] },
      { status: 400, code: 'invalid_request', param: 'question' },
    ],
    [
      'a filter without a webhook',
      { question, webhook_events_filter: ['job.failed'] },
      { status: 400, code: 'missing_required_parameter', param: 'webhook' },
    ],
    [
      'too many images',
      { question, images: [url, url, url, url] },
      { status: 400, code: 'too_many_images', param: 'images', message: /at most 3 images, given 4/ },
    ],
    [
      'bytes that are no image',
      { question, images: [url, toDataUrl(new Uint8Array([1, 2, 3]))] },
      { status: 400, code: 'image_unreadable', param: 'images.1' },
    ],
    [
      'an image with too many bytes',
      { question, images: [toDataUrl(new Uint8Array(MAX_IMAGE_BYTES + 1))] },
      {
        status: 400,
        code: 'image_too_large',
        param: 'images.0',
        message: /at most 100000 bytes, given 100001/,
      },
    ],
    [
      'a scheme that is never fetched',
      { question, images: ['ftp://example.com/a.png'] },
      { status: 400, code: 'image_url_invalid', param: 'images.0' },
    ],
    [
      'a URL with a password',
      { question, images: ['https://user:secret@example.com/'] },
      { status: 400, code: 'image_url_invalid', param: 'images.0' },
    ],
    [
      'a URL without end',
      { question, images: [`https://example.com/${'a'.repeat(9_000)}`] },
      { status: 400, code: 'image_url_invalid', param: 'images.0', message: /at most 8192 characters/ },
    ],
    [
      'an image on a private address',
      { question, images: ['http://169.254.169.254/latest'] },
      { status: 400, code: 'url_not_allowed', param: 'images.0' },
    ],
    [
      'a webhook on a private address',
      { question, webhook: 'https://10.0.0.1/hook' },
      { status: 400, code: 'url_not_allowed', param: 'webhook' },
    ],
    [
      'a webhook that is not https',
      { question, webhook: 'http://example.com/hook' },
      { status: 400, code: 'invalid_value', param: 'webhook' },
    ],
    [
      'a model nobody serves',
      { question, model: 'huge' },
      { status: 404, code: 'model_not_found', param: 'model' },
    ],
    [
      'a completion that fills the context',
      { question, max_tokens: 4096 },
      { status: 400, code: 'context_length_exceeded', param: 'max_tokens', message: /4096/ },
    ],
  ])('%s', async (_case, body, refusal) => {
    expectRefusal(await api.client.post<ErrorBody>('/v1/jobs', body), refusal);
  });

  it('an image with too many pixels, naming limit and size', async () => {
    const images = [toDataUrl(png), toDataUrl(await makePng(101, 100))];
    expectRefusal(await api.client.post<ErrorBody>('/v1/jobs', { question, images }), {
      status: 400,
      code: 'image_too_many_pixels',
      param: 'images.1',
      message: /101 x 100 = 10100 pixels; at most 10000/,
    });
  });

  it('a body with too many bytes, whether or not they are announced', async () => {
    const body = JSON.stringify({ question: 'q'.repeat(MAX_BODY_BYTES) });
    expectRefusal(await api.client.post<ErrorBody>('/v1/jobs', body), {
      status: 413,
      code: 'request_too_large',
      message: new RegExp(`at most ${MAX_BODY_BYTES} bytes, given ${body.length}`),
    });
    const unannounced = await api.client.send<ErrorBody>('POST', '/v1/jobs', {
      body: new Blob([body]).stream(),
      headers: { 'content-type': 'application/json' },
      duplex: 'half',
    });
    expectRefusal(unannounced, { status: 413, code: 'request_too_large' });
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/xml'])(
    'a body of %s',
    async (contentType) => {
      const answer = await api.client.post<ErrorBody>('/v1/jobs', 'question=q', {
        'content-type': contentType,
      });
      expectRefusal(answer, {
        status: 415,
        code: 'unsupported_media_type',
        message: new RegExp(contentType),
      });
    },
  );

  it('a body that is said to be compressed', async () => {
    const answer = await api.client.post<ErrorBody>('/v1/jobs', { question }, { 'content-encoding': 'gzip' });
    expectRefusal(answer, {
      status: 415,
      code: 'unsupported_media_type',
      param: 'Content-Encoding',
      message: /given "gzip"/,
    });
  });

  it.each(['', 'k'.repeat(256), 'two words'])('the Idempotency-Key %j', async (key) => {
    const answer = await api.client.post<ErrorBody>('/v1/jobs', { question }, { 'idempotency-key': key });
    expectRefusal(answer, {
      status: 400,
      code: 'invalid_value',
      param: 'Idempotency-Key',
      message: /1 to 255/,
    });
  });
});

describe('a form is refused, and nothing of it kept,', () => {
  const sendForm = (body: FormData) => api.client.send<ErrorBody>('POST', '/v1/jobs', { body });
  const sendBytes = (body: string, boundary = '; boundary=b') =>
    api.client.post<ErrorBody>('/v1/jobs', body, { 'content-type': `multipart/form-data${boundary}` });
  const part = (head: string, content: string) =>
    `--b\r\nContent-Disposition: form-data; ${head}\r\n\r\n${content}\r\n`;

  it('for a file that is too large', async () => {
    expectRefusal(await sendForm(formOf([png, new Uint8Array(MAX_IMAGE_BYTES + 1)], { question })), {
      status: 400,
      code: 'image_too_large',
      param: 'image',
      message: /at most 100000 bytes/,
    });
  });

  it('for a file that is no image', async () => {
    expectRefusal(await sendForm(formOf([new Uint8Array(4)], { question })), {
      status: 400,
      code: 'image_unreadable',
      param: 'image',
    });
  });

  it('for too many files', async () => {
    expectRefusal(await sendForm(formOf([png, png, png, png], { question })), {
      status: 400,
      code: 'too_many_images',
      param: 'image',
      message: /at most 3 images/,
    });
  });

  it('for more text parts than a job has fields', async () => {
    const fields = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`field${index}`, '1']));
    expectRefusal(await sendForm(formOf([], fields)), {
      status: 400,
      code: 'invalid_request',
      message: /at most 32 text parts/,
    });
  });

  it('for a file under another name', async () => {
    const form = formOf([], { question });
    form.append('picture', new Blob([png]), 'a.png');
    expectRefusal(await sendForm(form), { status: 400, code: 'unknown_parameter', param: 'picture' });
  });

  it('for a URL in place of a file', async () => {
    const answer = await sendForm(formOf([], { question, image: url }));
    expectRefusal(answer, { status: 400, code: 'invalid_type', param: 'image' });
  });

  it('for an upload that no message names', async () => {
    const messages = JSON.stringify([{ role: 'user', content: 'q' }]);
    expectRefusal(await sendForm(formOf([png], { messages })), {
      status: 400,
      code: 'invalid_value',
      param: 'image',
    });
  });

  it('for a field that is not JSON', async () => {
    const answer = await sendForm(formOf([png], { question, max_tokens: 'many' }));
    expectRefusal(answer, { status: 400, code: 'invalid_json', param: 'max_tokens' });
  });

  it.each<[string, string, string | undefined]>([
    ['no boundary', part('name="question"', 'q'), ''],
    ['an end that is missing', part('name="question"', 'q'), undefined],
    ['a file that breaks off', part('name="image"; filename="a.png"', 'abc'), undefined],
    ['no parts at all', 'abc', undefined],
    ['a part without a name', '--b\r\nContent-Disposition: form-data\r\n\r\nq\r\n--b--\r\n', undefined],
  ])('for %s', async (_case, body, boundary) => {
    expectRefusal(await sendBytes(body, boundary), { status: 400, code: 'invalid_request' });
  });

  it('for JSON nested so deep that it would exhaust the stack', async () => {
    const deep = '['.repeat(50_000) + ']'.repeat(50_000);
    const body = `--b\r\nContent-Disposition: form-data; name="metadata"\r\nContent-Type: application/json\r\n\r\n${deep}\r\n--b--\r\n`;
    expectRefusal(await sendBytes(body), {
      status: 400,
      code: 'invalid_request',
      param: 'metadata',
      message: /at most 32 levels/,
    });
  });
});

describe('other routes refuse', () => {
  it.each([
    ['GET', '/v1/jobs/job_0'],
    ['GET', '/v1/jobs/no-id'],
    ['GET', '/v1/jobs/job_0/stream'],
    ['POST', '/v1/jobs/job_0/cancel'],
    ['DELETE', '/v1/jobs/job_0'],
  ])('%s %s: no such job', async (method, path) => {
    expectRefusal(await api.client.send<ErrorBody>(method, path), {
      status: 404,
      code: 'job_not_found',
      param: 'id',
    });
  });

  it.each<[string, Refusal]>([
    ['limit=0', { status: 400, code: 'invalid_value', param: 'limit', message: /1 to 100, given 0/ }],
    ['limit=1&limit=2', { status: 400, code: 'invalid_type', param: 'limit' }],
    ['after=x', { status: 400, code: 'invalid_value', param: 'after' }],
    ['after=job_0', { status: 400, code: 'invalid_value', param: 'after' }],
    ['status=done', { status: 400, code: 'invalid_value', param: 'status' }],
    ['page=2', { status: 400, code: 'unknown_parameter', param: 'page' }],
  ])('a list with %s', async (query, refusal) => {
    expectRefusal(await api.client.get<ErrorBody>(`/v1/jobs?${query}`), refusal);
  });

  it('a path that nothing answers', async () => {
    expectRefusal(await api.client.get<ErrorBody>('/v1/nothing'), {
      status: 404,
      code: 'route_not_found',
      message: /GET \/v1\/nothing/,
    });
  });

  it('a method that a path does not answer, naming those that it does', async () => {
    const answer = await api.client.send<ErrorBody>('PUT', '/v1/jobs');
    expectRefusal(answer, { status: 405, code: 'method_not_allowed' });
    expect(answer.headers.get('allow')).toBe('GET, HEAD, POST');
  });

  it.each(['/%zz', `/v1/jobs/${'x'.repeat(300)}`])('the path %s', async (path) => {
    const answer = await fetch(api.url + path);
    const { error } = (await answer.json()) as ErrorBody;
    expect({ status: answer.status, code: error.code }).toEqual({ status: 400, code: 'invalid_request' });
    expect(answer.headers.get('x-request-id')).toMatch(/^req_/);
  });
});
