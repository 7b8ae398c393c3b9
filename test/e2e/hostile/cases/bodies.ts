import { type ErrorCode } from '@tessera/contracts';
import { type HostileCase, job, QUESTION } from '../hostile-case.js';
import { MAX_BODY_BYTES, MAX_IMAGE_BYTES } from '../limits.js';

const question = QUESTION;
const refuse = (code: ErrorCode, param?: string | null, message?: RegExp) => ({
  status: 400,
  code,
  ...(param === undefined ? {} : { param }),
  ...(message === undefined ? {} : { message }),
});

/** Bodies that are no JSON, or JSON that is never taken. */
const NO_JSON: readonly (readonly [string, string | Uint8Array])[] = [
  ['nothing', ''],
  ['blanks', '  \n'],
  ['half an object', '{"question":'],
  ['half a string', '"abc'],
  ['an object with a comma too many', '{"question":"q",}'],
  ['single quotes', "{'question':'q'}"],
  ['a comment', '{/*a*/"question":"q"}'],
  ['NaN', '{"question":"q","max_tokens":NaN}'],
  ['Infinity', '{"question":"q","max_tokens":Infinity}'],
  ['a hexadecimal number', '{"question":"q","max_tokens":0x10}'],
  ['a number with a plus', '{"question":"q","max_tokens":+1}'],
  ['a number with a leading zero', '{"question":"q","max_tokens":010}'],
  ['a control character in a string', '{"question":"a\u0000b"}'],
  ['a line break in a string', '{"question":"a\nb"}'],
  ['an escape that does not exist', '{"question":"\\x41"}'],
  ['half a unicode escape', '{"question":"\\u12"}'],
  ['two values', '{"question":"q"}{"question":"q"}'],
  ['something behind the end', '{"question":"q"} x'],
  ['a byte order mark', '\ufeff{"question":"q"}'],
  ['a form', 'question=q'],
  ['XML', '<question>q</question>'],
  ['bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d])],
  ['an overlong slash', Buffer.from([0x22, 0xc0, 0xaf, 0x22])],
  ['a surrogate in UTF-8', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
  ['UTF-16', Buffer.from('{"question":"q"}', 'utf16le')],
  ['a __proto__ key', '{"question":"q","__proto__":{"admin":true}}'],
  ['an escaped __proto__ key', '{"question":"q","\\u005f_proto__":{}}'],
  ['a __proto__ key deep inside', '{"question":"q","metadata":{"__proto__":{}}}'],
  ['a constructor with a prototype', '{"constructor":{"prototype":{}}}'],
];

const TOO_DEEP: readonly (readonly [string, string, RegExp])[] = [
  ['33 levels of lists', `${'['.repeat(33)}${']'.repeat(33)}`, /at most 32 levels/],
  ['a million levels of lists', '['.repeat(1_000_000), /at most 32 levels/],
  ['100,000 levels of objects', '{"a":'.repeat(100_000), /at most 32 levels/],
  [
    'deep metadata',
    `{"question":"q","metadata":${'{"a":'.repeat(100)}1${'}'.repeat(101)}`,
    /at most 32 levels/,
  ],
  ['a million empty lists', `[${'[],'.repeat(1_000_000)}0]`, /at most 100000 values/],
  [
    'a million keys',
    `{${Array.from({ length: 1_000_000 }, (_, index) => `"${index}":0`).join()}}`,
    /at most 100000 values/,
  ],
];

const WRONG: readonly (readonly [string, unknown, ReturnType<typeof refuse>])[] = [
  ['null', null, refuse('invalid_type', null)],
  ['a list', [], refuse('invalid_type', null)],
  ['a text', '"text"', refuse('invalid_type', null)],
  ['a number', 5, refuse('invalid_type', null)],
  ['true', true, refuse('invalid_type', null)],
  ['an empty object', {}, refuse('missing_required_parameter', 'question')],
  [
    'an unknown field',
    { question, prompt: 'q' },
    refuse('unknown_parameter', 'prompt', /"prompt" is not a field/),
  ],
  [
    'an unknown field with a name of 1 MB',
    { question, ['a'.repeat(1_000_000)]: 1 },
    refuse('unknown_parameter'),
  ],
  ['a field in capitals', { Question: 'q' }, refuse('unknown_parameter', 'Question')],
  ['a field with a blank behind it', { question, 'model ': 'x' }, refuse('unknown_parameter', 'model ')],
  ['a field named toString', { question, toString: 1 }, refuse('unknown_parameter', 'toString')],
  ['a field named constructor', { question, constructor: 1 }, refuse('unknown_parameter', 'constructor')],
  [
    'an unknown field in the policy',
    { question, policy: { retries: 1 } },
    refuse('unknown_parameter', 'policy.retries'),
  ],
  [
    'an unknown field in a message',
    { messages: [{ role: 'user', content: 'q', name: 'a' }] },
    refuse('unknown_parameter', 'messages.0.name'),
  ],
  ['a number for a question', { question: 5 }, refuse('invalid_type', 'question')],
  ['null for a question', { question: null }, refuse('invalid_type', 'question')],
  ['a list for a question', { question: ['q'] }, refuse('invalid_type', 'question')],
  ['an object for a question', { question: { text: 'q' } }, refuse('invalid_type', 'question')],
  ['an empty question', { question: '' }, refuse('invalid_value', 'question', /must hold some text/)],
  ['a question of blanks', { question: ' \n\t' }, refuse('invalid_value', 'question')],
  [
    'a question of blanks of every kind',
    { question: '\u00a0\u2003\u3000\ufeff' },
    refuse('invalid_value', 'question'),
  ],
  ['half of a surrogate pair', '{"question":"a\\ud800b"}', refuse('invalid_value', 'question', /surrogate/)],
  ['a text for images', { question, images: 'http://example.com/a.png' }, refuse('invalid_type', 'images')],
  ['an object for images', { question, images: { 0: 'a' } }, refuse('invalid_type', 'images')],
  ['a number for an image', { question, images: [5] }, refuse('invalid_type', 'images.0')],
  ['null for an image', { question, images: [null] }, refuse('invalid_type', 'images.0')],
  ['a list for an image', { question, images: [[]] }, refuse('invalid_type', 'images.0')],
  [
    '65 images',
    { question, images: Array(65).fill('http://127.0.0.2/a.png') },
    refuse('too_many_images', 'images', /at most 64 images, given 65/),
  ],
  [
    '90,000 images',
    { question, images: Array(90_000).fill('x') },
    refuse('too_many_images', 'images', /given 90000/),
  ],
  ['a text for max_tokens', { question, max_tokens: '5' }, refuse('invalid_type', 'max_tokens')],
  ['max_tokens 0', { question, max_tokens: 0 }, refuse('invalid_value', 'max_tokens', /given 0/)],
  ['max_tokens -1', { question, max_tokens: -1 }, refuse('invalid_value', 'max_tokens', /given -1/)],
  ['max_tokens 1.5', { question, max_tokens: 1.5 }, refuse('invalid_value', 'max_tokens', /given 1.5/)],
  [
    'max_tokens 131,073',
    { question, max_tokens: 131_073 },
    refuse('invalid_value', 'max_tokens', /131072.*given 131073/),
  ],
  ['max_tokens 1e308', '{"question":"q","max_tokens":1e308}', refuse('invalid_value', 'max_tokens')],
  ['max_tokens 1e309', '{"question":"q","max_tokens":1e309}', refuse('invalid_type', 'max_tokens')],
  [
    'max_tokens 2^53',
    '{"question":"q","max_tokens":9007199254740993}',
    refuse('invalid_value', 'max_tokens'),
  ],
  ['max_tokens true', { question, max_tokens: true }, refuse('invalid_type', 'max_tokens')],
  ['max_tokens null', { question, max_tokens: null }, refuse('invalid_type', 'max_tokens')],
  [
    'max_tokens that fill the context',
    { question, max_tokens: 4_096 },
    refuse('context_length_exceeded', 'max_tokens', /4096/),
  ],
  [
    'max_completion_tokens that fill the context',
    { question, max_completion_tokens: 100_000 },
    refuse('context_length_exceeded', 'max_completion_tokens'),
  ],
  ['41 tiles', { question, max_dynamic_patch: 41 }, refuse('invalid_value', 'max_dynamic_patch', /given 41/)],
  ['0 tiles', { question, max_dynamic_patch: 0 }, refuse('invalid_value', 'max_dynamic_patch')],
  ['a temperature above two', { question, temperature: 2.1 }, refuse('invalid_value', 'temperature')],
  [
    'a model that nobody serves',
    { question, model: 'gpt-5' },
    { ...refuse('model_not_found', 'model', /no model "gpt-5"; available: tessera-tiny/), status: 404 },
  ],
  [
    'a model named like a path',
    { question, model: '../../etc/passwd' },
    { ...refuse('model_not_found', 'model'), status: 404 },
  ],
  [
    'a model named like a key of Redis',
    { question, model: 'tessera-tiny:wait' },
    { ...refuse('model_not_found', 'model'), status: 404 },
  ],
  [
    'a model with a line break',
    { question, model: 'a\r\nSET x 1' },
    { ...refuse('model_not_found', 'model'), status: 404 },
  ],
  [
    'a model named __proto__',
    { question, model: '__proto__' },
    { ...refuse('model_not_found', 'model'), status: 404 },
  ],
  ['an empty model', { question, model: '' }, refuse('invalid_value', 'model')],
  ['a model of 201 letters', { question, model: 'm'.repeat(201) }, refuse('invalid_value', 'model', /200/)],
  ['a list for the policy', { question, policy: [] }, refuse('invalid_type', 'policy')],
  [
    'a time to live of 0',
    { question, policy: { ttl_seconds: 0 } },
    refuse('invalid_value', 'policy.ttl_seconds'),
  ],
  [
    'a time to live of a year',
    { question, policy: { ttl_seconds: 31_536_000 } },
    refuse('invalid_value', 'policy.ttl_seconds', /2592000/),
  ],
  ['21 attempts', { question, policy: { max_attempts: 21 } }, refuse('invalid_value', 'policy.max_attempts')],
  [
    'an execution time of -1',
    { question, policy: { execution_timeout_seconds: -1 } },
    refuse('invalid_value', 'policy.execution_timeout_seconds'),
  ],
  [
    'a priority that does not exist',
    { question, policy: { priority: 'high' } },
    refuse('invalid_value', 'policy.priority'),
  ],
  ['metadata that is a text', { question, metadata: 'a' }, refuse('invalid_type', 'metadata')],
  ['metadata that is a list', { question, metadata: ['a'] }, refuse('invalid_type', 'metadata')],
  ['metadata with a number', { question, metadata: { a: 1 } }, refuse('invalid_type', 'metadata.a')],
  [
    'metadata of 17 pairs',
    { question, metadata: Object.fromEntries(Array.from({ length: 17 }, (_, index) => [index, ''])) },
    refuse('invalid_value', 'metadata', /at most 16 pairs/),
  ],
  ['metadata with a long key', { question, metadata: { ['k'.repeat(65)]: '' } }, refuse('invalid_value')],
  [
    'metadata with a long value',
    { question, metadata: { k: 'v'.repeat(513) } },
    refuse('invalid_value', 'metadata.k', /512/),
  ],
  [
    'a webhook of 2,049 letters',
    { question, webhook: `https://example.com/${'a'.repeat(2_049)}` },
    refuse('invalid_value', 'webhook', /2048/),
  ],
  [
    'a filter without a webhook',
    { question, webhook_events_filter: ['job.failed'] },
    refuse('missing_required_parameter', 'webhook'),
  ],
  [
    'an empty filter',
    { question, webhook: 'https://example.com/', webhook_events_filter: [] },
    refuse('invalid_value', 'webhook_events_filter'),
  ],
  [
    'an event that does not exist',
    { question, webhook: 'https://example.com/', webhook_events_filter: ['job.lost'] },
    refuse('invalid_value', 'webhook_events_filter.0'),
  ],
];

const megabytes = (count: number): string => 'A'.repeat(count * 1_000_000);

const TOO_LARGE: readonly HostileCase[] = [
  job(
    '50 MB of base64',
    { question, images: [`data:image/png;base64,${megabytes(50)}`] },
    refuse('image_too_large', 'images.0', new RegExp(`at most ${MAX_IMAGE_BYTES} bytes, given 37500000`)),
  ),
  job(
    '76 MB of base64',
    { question, images: [`data:image/png;base64,${megabytes(76)}`] },
    { status: 413, code: 'request_too_large', message: new RegExp(`at most ${MAX_BODY_BYTES} bytes`) },
  ),
  job(
    'a question of 2 MB',
    { question: megabytes(2) },
    refuse('invalid_value', 'question', /1000000 characters/),
  ),
];

export const bodies: readonly HostileCase[] = [
  ...NO_JSON.map(([name, body]) => job(`a body of ${name}`, bytesOf(body), refuse('invalid_json', null))),
  ...TOO_DEEP.map(([name, body, message]) =>
    job(`a body of ${name}`, body, refuse('invalid_request', null, message)),
  ),
  ...WRONG.map(([name, body, expected]) =>
    job(`a body with ${name}`, typeof body === 'string' ? body : JSON.stringify(body), expected),
  ),
  ...TOO_LARGE,
];

/** Bytes as they are: a text would be sent as UTF-8. */
function bytesOf(body: string | Uint8Array): unknown {
  return typeof body === 'string' ? body : new Uint8Array(body);
}
