import { type ErrorCode } from '@tessera/contracts';
import { type Expected, type HostileCase, request } from '../hostile-case.js';

const refuse = (code: ErrorCode, status = 400, message = /./): Expected => ({ status, code, message });
const noJob = refuse('job_not_found', 404);
const noRoute = refuse('route_not_found', 404);
const wrongMethod = refuse('method_not_allowed', 405);

const GONE = 'job_00000000000000000000000000';
const IDS: readonly string[] = [
  'job_0',
  GONE,
  'no-id',
  'null',
  'undefined',
  '__proto__',
  'constructor',
  '*',
  '%2A',
  '..%2f..%2fetc%2fpasswd',
  '%2e%2e%5c%2e%2e',
  '%00',
  'job_%00',
  'job_%0d%0aSET%20x%201',
  '%F0%9F%90%88',
  '%E2%80%AE',
  'job_{prefix}:jobs',
  `job_${'0'.repeat(190)}`,
  '$(id)',
  "'%20OR%20'1'='1",
  'JOB_00000000000000000000000000',
];

const OPERATIONS: readonly (readonly [string, string])[] = [
  ['GET', ''],
  ['GET', '/stream'],
  ['POST', '/cancel'],
  ['DELETE', ''],
];

const UNREADABLE_PATHS: readonly string[] = [
  '/%',
  '/%zz',
  '/v1/jobs/%',
  '/v1/jobs/%c0%af',
  '/v1/jobs/%ff',
  '/%E0%A4%A',
  `/v1/jobs/${'x'.repeat(300)}`,
];

const UNKNOWN_PATHS: readonly string[] = [
  '/v1',
  '/v1/',
  '/v1/job',
  '/v1/jobs/',
  '/v1//jobs',
  '//v1/jobs',
  '/V1/JOBS',
  '/v1/jobs/a/b',
  `/v1/jobs/${GONE}/`,
  `/v1/jobs/${GONE}/answers`,
  '/v1/%6aobs/a/b/c',
  '/v2/jobs',
  '/.env',
  '/.git/config',
  '/etc/passwd',
  '/%2e%2e/%2e%2e/etc/passwd',
  '/..%2f..%2fetc%2fpasswd',
  '/docs/..%2f..%2fpackage.json',
  '/docs/%2e%2e/%2e%2e/package.json',
  '/wp-admin/',
  '/metrics',
  '/v1/jobs;a=b',
  `/${'a/'.repeat(3_000)}`,
];

const QUERIES: readonly (readonly [string, Expected])[] = [
  ['limit=0', refuse('invalid_value', 400, /1 to 100, given "?0/)],
  ['limit=101', refuse('invalid_value')],
  ['limit=-1', refuse('invalid_value')],
  ['limit=1.5', refuse('invalid_value')],
  ['limit=1e1', refuse('invalid_value')],
  ['limit=', refuse('invalid_value')],
  ['limit=ten', refuse('invalid_value')],
  ['limit=%31%30%00', refuse('invalid_value')],
  ['limit=99999999999999999999', refuse('invalid_value')],
  ['limit=1&limit=2', refuse('invalid_type')],
  ['limit[]=1', refuse('unknown_parameter')],
  ['limit[a]=1', refuse('unknown_parameter')],
  ['after=', refuse('invalid_value')],
  ['after=x', refuse('invalid_value')],
  [`after=${GONE}`, refuse('invalid_value')],
  [`after=${'a'.repeat(5_000)}`, refuse('invalid_value')],
  ['status=done', refuse('invalid_value')],
  ['status=queued&status=failed', refuse('invalid_type')],
  ['status=QUEUED', refuse('invalid_value')],
  ['page=2', refuse('unknown_parameter')],
  ['__proto__=1', refuse('unknown_parameter')],
  ['constructor=1', refuse('unknown_parameter')],
  ['%=1', refuse('unknown_parameter')],
  ['=1', refuse('unknown_parameter')],
  ['&&&&', { status: 200 }],
  [Array.from({ length: 1_000 }, (_, index) => `a${index}=1`).join('&'), refuse('unknown_parameter')],
];

const METHODS: readonly (readonly [string, string, string])[] = [
  ['PUT', '/v1/jobs', 'GET, HEAD, POST'],
  ['DELETE', '/v1/jobs', 'GET, HEAD, POST'],
  ['PATCH', '/v1/jobs', 'GET, HEAD, POST'],
  ['OPTIONS', '/v1/jobs', 'GET, HEAD, POST'],
  ['POST', `/v1/jobs/${GONE}`, 'DELETE, GET, HEAD'],
  ['PUT', `/v1/jobs/${GONE}`, 'DELETE, GET, HEAD'],
  ['GET', `/v1/jobs/${GONE}/cancel`, 'POST'],
  ['DELETE', `/v1/jobs/${GONE}/cancel`, 'POST'],
  ['POST', `/v1/jobs/${GONE}/stream`, 'GET, HEAD'],
  ['POST', '/v1/models', 'GET, HEAD'],
  ['DELETE', '/health/live', 'GET, HEAD'],
  ['PROPFIND', '/v1/jobs', 'GET, HEAD, POST'],
  ['MKCOL', '/v1/jobs', 'GET, HEAD, POST'],
  ['SEARCH', '/v1/jobs', 'GET, HEAD, POST'],
];

const EVENT_IDS: readonly string[] = [
  '$',
  '0',
  '+',
  '-',
  'abc',
  '1-2-3',
  '1-',
  '-1-0',
  '1'.repeat(30) + '-0',
  '1-2; DEL x',
  '*',
];

export const paths: readonly HostileCase[] = [
  ...IDS.flatMap((id, index) => {
    const [method, suffix] = OPERATIONS[index % OPERATIONS.length] ?? ['GET', ''];
    return [...new Set([`GET /v1/jobs/${id}`, `${method} /v1/jobs/${id}${suffix}`])].map((name) => {
      const [verb = '', path = ''] = name.split(' ', 2);
      return request(`no such job: ${name.slice(0, 60)}`, [verb, path], { ...noJob, param: 'id' });
    });
  }),
  ...UNREADABLE_PATHS.map((path) =>
    request(`the path ${path.slice(0, 40)}`, ['GET', path], refuse('invalid_request')),
  ),
  ...UNKNOWN_PATHS.map((path) => request(`no such path: ${path.slice(0, 40)}`, ['GET', path], noRoute)),
  ...QUERIES.map(([query, expected]) =>
    request(`a list with ${query.slice(0, 40)}`, ['GET', `/v1/jobs?${query}`], expected),
  ),
  ...METHODS.map(([method, path, allowed]) =>
    request(`${method} ${path}`, [method, path], {
      ...wrongMethod,
      check: ({ headers }) => {
        if (headers.get('allow') !== allowed) throw new Error(`Allow: ${headers.get('allow')}`);
      },
    }),
  ),
  ...EVENT_IDS.map((id) =>
    request(
      `the Last-Event-ID ${id.slice(0, 20)}`,
      ['GET', `/v1/jobs/${GONE}/stream`],
      { ...refuse('invalid_value', 400, /Last-Event-ID/), param: 'Last-Event-ID' },
      { headers: { 'last-event-id': id } },
    ),
  ),
  request('a body where none belongs', ['POST', `/v1/jobs/${GONE}/cancel`], noJob, {
    body: '{"a":1}',
    headers: { 'content-type': 'application/json' },
  }),
  request('a broken body where none belongs', ['DELETE', `/v1/jobs/${GONE}`], refuse('invalid_json'), {
    body: '{',
    headers: { 'content-type': 'application/json' },
  }),
  request(
    'text where no body belongs',
    ['DELETE', `/v1/jobs/${GONE}`],
    refuse('unsupported_media_type', 415),
    { body: 'x', headers: { 'content-type': 'text/plain' } },
  ),
];
