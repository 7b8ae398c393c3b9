import { type ErrorCode } from '@tessera/contracts';
import { openConnection, readAnswer } from '../../../integration/api/raw-connection.js';
import { type Expected, type HostileCase, toReply } from '../hostile-case.js';
import { HEADERS_TIMEOUT_MS, REQUEST_TIMEOUT_MS } from '../limits.js';

const refuse = (code: ErrorCode, status = 400, message = /./): Expected => ({ status, code, message });
const noHttp = refuse('invalid_request');
const noJson = refuse('invalid_json');

const HOST = 'Host: a\r\nConnection: close\r\n';
const get = (rest: string, target = '/v1/jobs/job_0'): string => `GET ${target} HTTP/1.1\r\n${rest}\r\n`;
const post = (head: string, body: string): string =>
  `POST /v1/jobs HTTP/1.1\r\n${HOST}Content-Type: application/json\r\n${head}\r\n${body}`;
/** Becomes a request of its own where two parsers disagree about the end of the one before. */
const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n';

const BYTES: readonly (readonly [string, string, Expected])[] = [
  ['no HTTP', 'hello\r\n\r\n', noHttp],
  ['line ends only', '\r\n\r\n\r\nnonsense\r\n\r\n', noHttp],
  ['zero bytes', '\0'.repeat(100), noHttp],
  ['a TLS greeting', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', noHttp],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', noHttp],
  ['HTTP/0.9', 'GET /\r\n\r\n', refuse('route_not_found', 404)],
  ['HTTP/3.0', 'GET / HTTP/3.0\r\nHost: a\r\n\r\n', noHttp],
  ['HTTP/1.10', 'GET / HTTP/1.10\r\nHost: a\r\n\r\n', noHttp],
  ['a method that does not exist', `STEAL /v1/jobs HTTP/1.1\r\n${HOST}\r\n`, noHttp],
  ['a method in small letters', `get /v1/jobs HTTP/1.1\r\n${HOST}\r\n`, noHttp],
  ['a method of 100 kB', `${'A'.repeat(100_000)} / HTTP/1.1\r\n\r\n`, noHttp],
  [
    'a blank too many in the request line',
    `GET  /v1/jobs/job_0  HTTP/1.1\r\n${HOST}\r\n`,
    refuse('job_not_found', 404),
  ],
  ['a target with a blank', `GET /v1/jobs /x HTTP/1.1\r\n${HOST}\r\n`, noHttp],
  ['a target of 100 kB', get(HOST, `/${'a'.repeat(100_000)}`), refuse('headers_too_large', 431)],
  ['a target without a slash', get(HOST, 'v1/jobs'), noHttp],
  ['a target of another site', get(HOST, 'http://evil.example/v1/nothing'), refuse('route_not_found', 404)],
  ['the target *', `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`, refuse('route_not_found', 404)],
  ['a header without a colon', get(`${HOST}Nonsense\r\n`), noHttp],
  ['a header without a name', get(`${HOST}: a\r\n`), noHttp],
  ['a blank before the colon', get(`${HOST}X-A : b\r\n`), noHttp],
  ['a folded header', get(`${HOST}X-A: b\r\n c\r\n`), noHttp],
  ['a zero byte in a header', get(`${HOST}X-A: a\0b\r\n`), noHttp],
  ['a bare line feed in a header', get(`${HOST}X-A: a\nX-B: b\r\n`), noHttp],
  ['a bare carriage return in a header', get(`${HOST}X-A: a\rX-B: b\r\n`), noHttp],
  [
    'headers of 1 MB',
    get(`${HOST}X-Long: ${'a'.repeat(1_000_000)}\r\n`),
    refuse('headers_too_large', 431, /16384/),
  ],
  [
    'no Host',
    'GET /v1/jobs/job_0 HTTP/1.1\r\nConnection: close\r\n\r\n',
    refuse('invalid_request', 400, /Host/),
  ],
  ['an empty Host', get('Host:\r\nConnection: close\r\n'), refuse('job_not_found', 404)],
  ['no Host in HTTP/1.0', 'GET /v1/jobs/job_0 HTTP/1.0\r\n\r\n', refuse('job_not_found', 404)],
  [
    'both lengths',
    post('Content-Length: 4\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${SMUGGLED}`),
    noHttp,
  ],
  [
    'both lengths the other way round',
    post('Transfer-Encoding: chunked\r\nContent-Length: 4\r\n', `0\r\n\r\n${SMUGGLED}`),
    noHttp,
  ],
  ['two content lengths', post('Content-Length: 2\r\nContent-Length: 3\r\n', `{}x${SMUGGLED}`), noHttp],
  ['two content lengths in one', post('Content-Length: 2, 3\r\n', `{}x${SMUGGLED}`), noHttp],
  ['a content length with a plus', post('Content-Length: +2\r\n', '{}'), noHttp],
  ['a negative content length', post('Content-Length: -1\r\n', '{}'), noHttp],
  ['a hexadecimal content length', post('Content-Length: 0x2\r\n', '{}'), noHttp],
  ['a content length of 30 digits', post(`Content-Length: ${'9'.repeat(30)}\r\n`, '{}'), noHttp],
  [
    'an encoding that does not exist',
    post('Transfer-Encoding: xchunked\r\n', `0\r\n\r\n${SMUGGLED}`),
    noHttp,
  ],
  [
    'chunked and then something else',
    post('Transfer-Encoding: chunked, identity\r\n', `0\r\n\r\n${SMUGGLED}`),
    noHttp,
  ],
  [
    'chunked behind a vertical tab',
    post('Transfer-Encoding: \x0bchunked\r\n', `0\r\n\r\n${SMUGGLED}`),
    noHttp,
  ],
  [
    'chunked twice',
    post('Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n', `0\r\n\r\n${SMUGGLED}`),
    noHttp,
  ],
  ['a chunk size that is none', post('Transfer-Encoding: chunked\r\n', 'zz\r\n{}\r\n0\r\n\r\n'), noHttp],
  ['a negative chunk size', post('Transfer-Encoding: chunked\r\n', '-2\r\n{}\r\n0\r\n\r\n'), noHttp],
  [
    'a chunk size of 20 digits',
    post('Transfer-Encoding: chunked\r\n', `${'f'.repeat(20)}\r\n{}\r\n`),
    noHttp,
  ],
  ['a chunk longer than its size', post('Transfer-Encoding: chunked\r\n', '2\r\n{}xx\r\n0\r\n\r\n'), noHttp],
  ['a chunk that ends in a bare line feed', post('Transfer-Encoding: chunked\r\n', '2\n{}\n0\n\n'), noHttp],
  [
    'chunk extensions of 100 kB',
    post('Transfer-Encoding: chunked\r\n', `2;${'a'.repeat(100_000)}\r\n{}\r\n0\r\n\r\n`),
    noHttp,
  ],
  [
    'trailers of 100 kB',
    post('Transfer-Encoding: chunked\r\n', `2\r\n[]\r\n0\r\nX-A: ${'a'.repeat(100_000)}\r\n\r\n`),
    refuse('headers_too_large', 431),
  ],
  [
    'a body in chunks of one byte',
    post(
      'Transfer-Encoding: chunked\r\n',
      `${[...'{"a":'].map((byte) => `1\r\n${byte}\r\n`).join('')}0\r\n\r\n`,
    ),
    noJson,
  ],
  ['a body of no bytes', post('Content-Length: 0\r\n', ''), noJson],
  ['an expectation that nobody meets', post('Expect: a-miracle\r\nContent-Length: 1\r\n', '{'), noJson],
  [
    'a wish for a web socket',
    get(`Host: a\r\nConnection: upgrade, close\r\nUpgrade: websocket\r\n`),
    refuse('job_not_found', 404),
  ],
  [
    'a wish for a tunnel',
    'CONNECT 127.0.0.1:6379 HTTP/1.1\r\nHost: 127.0.0.1:6379\r\n\r\n',
    refuse('invalid_request', 400, /no tunnel/),
  ],
  ['commands of Redis', '*1\r\n$8\r\nFLUSHALL\r\n', noHttp],
  [
    'headers that do not end',
    'GET /v1/jobs HTTP/1.1\r\nHost: a\r\n',
    refuse('request_timeout', 408, new RegExp(`${HEADERS_TIMEOUT_MS} ms`)),
  ],
  ['half a request line', 'GET /v1/jo', refuse('request_timeout', 408)],
  [
    'a body that does not end',
    post('Content-Length: 9\r\n', '{'),
    refuse('request_timeout', 408, new RegExp(`${REQUEST_TIMEOUT_MS} ms`)),
  ],
  [
    'chunks that do not end',
    post('Transfer-Encoding: chunked\r\n', '1\r\n{\r\n'),
    refuse('request_timeout', 408),
  ],
];

export const rawBytes: readonly HostileCase[] = BYTES.map(([name, bytes, expected]) => ({
  name: `a connection with ${name}`,
  send: async ({ url }) => {
    const socket = await openConnection(url, '');
    socket.on('error', () => undefined);
    socket.write(bytes, 'latin1');
    return toReply(await readAnswer(socket));
  },
  expected,
}));
