import { once } from 'node:events';
import { startTestRedis, type TestRedis } from '@tessera/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openConnection, readAnswer, readToEnd } from './raw-connection.js';
import { startTestApi, type TestApi } from './start-test-api.js';

let redis: TestRedis;
let api: TestApi;

beforeAll(async () => {
  redis = await startTestRedis();
  api = await startTestApi(redis, { TESSERA_HEADERS_TIMEOUT_MS: '1000', TESSERA_REQUEST_TIMEOUT_MS: '1500' });
});
afterAll(async () => {
  await api.close();
  await redis.stop();
});

describe('a connection', () => {
  it.each<[string, string, { status: number; code: string; message: RegExp }]>([
    [
      'that is no HTTP',
      'hello\r\n\r\n',
      { status: 400, code: 'invalid_request', message: /not an HTTP request/ },
    ],
    [
      'with headers past the limit',
      `GET /v1/jobs HTTP/1.1\r\nHost: a\r\nX-Long: ${'a'.repeat(20_000)}\r\n\r\n`,
      { status: 431, code: 'headers_too_large', message: /at most 16384 bytes/ },
    ],
    [
      'whose headers do not come to an end',
      'GET /v1/jobs HTTP/1.1\r\nHost: a\r\n',
      { status: 408, code: 'request_timeout', message: /within 1000 ms/ },
    ],
    [
      'whose body does not come to an end',
      'POST /v1/jobs HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
      { status: 408, code: 'request_timeout', message: /within 1500 ms/ },
    ],
    [
      'that asks for a tunnel',
      'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n',
      { status: 400, code: 'invalid_request', message: /no tunnel/ },
    ],
    [
      'with an expectation that is unknown',
      'POST /v1/jobs HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: x\r\nContent-Type: application/json\r\nContent-Length: 1\r\n\r\n{',
      { status: 400, code: 'invalid_json', message: /./ },
    ],
    [
      'without a Host header',
      'GET /v1/jobs HTTP/1.1\r\nConnection: close\r\n\r\n',
      { status: 400, code: 'invalid_request', message: /Host/ },
    ],
  ])('%s gets the error envelope and is closed', async (_case, bytes, { status, code, message }) => {
    const answer = await readAnswer(await openConnection(api.url, bytes));
    expect(answer).toMatchObject({ status, body: { error: { code } } });
    expect((answer.body as { error: { message: string } }).error.message).toMatch(message);
    expect(answer.head).toContain('x-request-id: req_');
    expect(answer.head).toContain('content-type: application/json');
    expect(answer.head).toContain('connection: close');
  });

  it('that breaks off in the middle of a body leaves nothing and hurts nobody', async () => {
    const socket = await openConnection(
      api.url,
      'POST /v1/jobs HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 999\r\n\r\n--b\r\n',
    );
    socket.destroy();
    await once(socket, 'close');
    expect((await fetch(`${api.url}/health/live`)).status).toBe(200);
    expect(await api.jobKeys()).toEqual([]);
    expect(await api.storedObjects()).toEqual([]);
  });
});

describe('every answer', () => {
  it.each(['/health/live', '/v1/jobs', '/v1/nothing', '/docs'])(
    '%s carries the security headers',
    async (path) => {
      const { headers } = await fetch(api.url + path);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(headers.get('x-frame-options')).toBe('SAMEORIGIN');
      expect(headers.get('strict-transport-security')).toBeNull();
    },
  );

  it('repeats a plain x-request-id and replaces an odd one', async () => {
    const idOf = async (id: string) =>
      (await fetch(`${api.url}/v1/models`, { headers: { 'x-request-id': id } })).headers.get('x-request-id');
    expect(await idOf('trace-1')).toBe('trace-1');
    expect(await idOf('<script>')).toMatch(/^req_/);
  });

  it('names its request in one line of the log', async () => {
    await fetch(`${api.url}/v1/jobs/job_0?secret=1`, { headers: { 'x-request-id': 'seen-in-log' } });
    const lines = api.logLines.filter((line) => line.includes('seen-in-log'));
    expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
      expect.objectContaining({ level: 'info', method: 'GET', path: '/v1/jobs/job_0', status: 404 }),
    ]);
  });

  it('says that the process is live and ready, having written to the store', async () => {
    expect((await api.client.get('/health/live')).body).toEqual({ status: 'live' });
    expect(await api.client.get('/health/ready')).toMatchObject({
      status: 200,
      body: { status: 'ready', parts: { redis: 'ok', store: 'ok', process: 'ok' } },
    });
    expect(await api.storedObjects()).toEqual([]);
  });
});

describe('headers past the limit', () => {
  it('are answered to a client that listens only once all are sent', async () => {
    const socket = await openConnection(api.url, 'GET /v1/jobs HTTP/1.1\r\nHost: a\r\n');
    socket.on('error', () => undefined);
    if (!socket.write(`X-Long: ${'a'.repeat(20_000_000)}\r\n\r\n`)) await once(socket, 'drain');
    expect(await readAnswer(socket)).toMatchObject({
      status: 431,
      body: { error: { code: 'headers_too_large' } },
    });
  });
});

describe('a body past the limit', () => {
  const headOf = (byteCount: number): string =>
    `POST /v1/jobs HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${byteCount}\r\n\r\n`;

  it('is answered while the client still sends it; who never ends is cut off', async () => {
    const socket = await openConnection(api.url, headOf(1e12));
    socket.on('error', () => undefined);
    const sending = setInterval(() => socket.write(Buffer.alloc(64_000, 0x20)), 10);
    // Cut off by a reset, maybe, for which `once` would reject.
    const closed = new Promise((resolve) => socket.once('close', resolve));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 413 [^]*request_too_large/);
    await closed;
    clearInterval(sending);
  });

  it('is answered to a client that listens once all is sent, and so is its next request', async () => {
    const { maxBodyBytes } = api.config.http;
    const socket = await openConnection(api.url, headOf(maxBodyBytes + 1));
    socket.write(Buffer.alloc(maxBodyBytes + 1, 0x20));
    await once(socket, 'drain');
    socket.write('GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    const answers = await readToEnd(socket);
    expect(answers).toMatch(/^HTTP\/1\.1 413 [^]*HTTP\/1\.1 200 /);
  });
});
