import { type ErrorCode } from '@tessera/contracts';
import { type Expected, type HostileCase, job, QUESTION, request } from '../hostile-case.js';

const body = { question: QUESTION, max_tokens: 1 };
const ok: Expected = { status: 200 };
const accepted: Expected = { status: 202 };
const refuse = (code: ErrorCode, status = 400, message = /./): Expected => ({ status, code, message });

/** Preferences that are malformed or unknown are ignored, as the RFC asks; a wait too long is cut. */
const PREFER: readonly (readonly [string, Expected])[] = [
  ['wait=0', accepted],
  ['wait=-1', accepted],
  ['wait=abc', accepted],
  ['wait=1e3', accepted],
  ['wait=0x10', accepted],
  ['wait=99999999999999999999', accepted],
  ['wait', accepted],
  ['wait=', accepted],
  ['=5', accepted],
  ['respond-async', accepted],
  ['return=minimal', accepted],
  [',,,;;;===', accepted],
  [`${'a=b,'.repeat(2_000)}c=d`, accepted],
  ['wait=60', ok],
  ['wait=999999999', ok],
  ['wait="60"', ok],
  ['return=minimal, wait=60; a=b', ok],
  ['respond-async, wait=60', ok],
];

const KEYS: readonly string[] = ['', ' ', 'two words', 'k'.repeat(256), 'käse', 'a\tb', 'a, b'];
const PLAIN_KEYS: readonly string[] = [
  '{"a":1}',
  "';DROP/**/TABLE/**/jobs;--",
  '../../etc',
  '*',
  '__proto__',
  'k'.repeat(255),
];

const CONTENT_TYPES: readonly string[] = [
  'text/plain',
  'text/html',
  'application/xml',
  'application/x-www-form-urlencoded',
  'application/octet-stream',
  'application/jsonp',
  'application/json5',
  'image/png',
  'multipart/mixed; boundary=b',
  '*/*',
  'nonsense',
  ';',
  'application/',
  `application/${'x'.repeat(5_000)}`,
];

export const headers: readonly HostileCase[] = [
  ...PREFER.map(([prefer, expected]) => job(`Prefer: ${prefer.slice(0, 40)}`, body, expected, { prefer })),
  ...KEYS.map((key) =>
    job(
      `the Idempotency-Key ${JSON.stringify(key.slice(0, 20))}`,
      body,
      { ...refuse('invalid_value', 400, /1 to 255 visible ASCII/), param: 'Idempotency-Key' },
      { 'idempotency-key': key },
    ),
  ),
  ...PLAIN_KEYS.map((key) =>
    job(`the plain Idempotency-Key ${key.slice(0, 30)}`, body, ok, { 'idempotency-key': key }),
  ),
  ...CONTENT_TYPES.map((type) =>
    job(
      `a body of type ${type.slice(0, 40)}`,
      body,
      { ...refuse('unsupported_media_type', 415), param: null },
      { 'content-type': type },
    ),
  ),
  job('JSON of another charset by name', body, ok, { 'content-type': 'application/json; charset=latin1' }),
  job('JSON in capitals', body, ok, { 'content-type': 'APPLICATION/JSON' }),
  ...['gzip', 'br', 'deflate', 'compress', 'identity, gzip'].map((encoding) =>
    job(
      `a body said to be compressed by ${encoding}`,
      body,
      refuse('unsupported_media_type', 415, /Content-Encoding/),
      { 'content-encoding': encoding },
    ),
  ),
  ...['<script>', 'a'.repeat(129), '../../log', '${jndi:ldap://a/b}', '%0d%0a'].map((id) =>
    request(
      `the x-request-id ${id.slice(0, 20)}`,
      ['GET', '/v1/models'],
      {
        status: 200,
        check: ({ headers: given }) => {
          if (!/^req_[0-9a-f]{32}$/.test(given.get('x-request-id') ?? '')) throw new Error('it was repeated');
        },
      },
      { headers: { 'x-request-id': id } },
    ),
  ),
  ...['evil.example', '127.0.0.1:1', 'a/b', 'a@b'].map((host) =>
    request(
      `the X-Forwarded-Host ${host}`,
      ['GET', '/v1/jobs?limit=1'],
      {
        status: 200,
        check: ({ body: list }) => {
          if (JSON.stringify(list).includes(`//${host}`)) throw new Error('it got into a URL');
        },
      },
      { headers: { 'x-forwarded-host': host, 'x-forwarded-proto': 'javascript' } },
    ),
  ),
  request('headers just below the limit', ['GET', '/v1/models'], ok, {
    headers: { 'x-long': 'a'.repeat(15_000) },
  }),
  request('headers past the limit', ['GET', '/v1/models'], refuse('headers_too_large', 431, /16384 bytes/), {
    headers: { 'x-long': 'a'.repeat(17_000) },
  }),
  request('3,000 headers', ['GET', '/v1/models'], refuse('headers_too_large', 431), {
    headers: Object.fromEntries(Array.from({ length: 3_000 }, (_, index) => [`x-${index}`, 'a'])),
  }),
  ...['application/xml', 'nonsense', 'text/html;q=0', ''].map((accept) =>
    request(`Accept: ${accept}`, ['GET', '/v1/models'], ok, { headers: { accept } }),
  ),
  ...['bytes=0-', 'bytes=-1', 'bytes=0-1,1-2,2-3'].map((range) =>
    request(`Range: ${range}`, ['GET', '/v1/models'], ok, { headers: { range } }),
  ),
  ...['Bearer ', 'Basic YTpi', 'nonsense', `Bearer ${'a'.repeat(5_000)}`].map((authorization) =>
    request(`Authorization: ${authorization.slice(0, 20)}`, ['GET', '/v1/models'], ok, {
      headers: { authorization },
    }),
  ),
  ...['GET', 'nonsense', 'DELETE'].map((method) =>
    request(`X-HTTP-Method-Override: ${method}`, ['POST', '/v1/jobs'], refuse('invalid_json'), {
      headers: { 'x-http-method-override': method, 'content-type': 'application/json' },
    }),
  ),
];
