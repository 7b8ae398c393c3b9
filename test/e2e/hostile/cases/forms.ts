import { type ErrorCode } from '@tessera/contracts';
import { type Expected, type HostileCase, QUESTION, request } from '../hostile-case.js';
import { MAX_IMAGE_BYTES } from '../limits.js';

const refuse = (code: ErrorCode, param?: string | null, message = /./): Expected => ({
  status: 400,
  code,
  message,
  ...(param === undefined ? {} : { param }),
});

const part = (head: string, content: string): string => `--b\r\n${head}\r\n\r\n${content}\r\n`;
const field = (name: string, content: string): string =>
  part(`Content-Disposition: form-data; name="${name}"`, content);
const file = (name: string, content: string): string =>
  part(
    `Content-Disposition: form-data; name="${name}"; filename="a.png"\r\nContent-Type: image/png`,
    content,
  );
const END = '--b--\r\n';
const question = field('question', QUESTION);
const deep = '['.repeat(50_000) + ']'.repeat(50_000);

const BODIES: readonly (readonly [string, string, Expected])[] = [
  ['nothing', '', refuse('missing_required_parameter', 'question')],
  ['no parts', END, refuse('missing_required_parameter', 'question')],
  ['no boundary anywhere', 'abc', refuse('invalid_request')],
  ['an end that is missing', question, refuse('invalid_request')],
  [
    'a part that breaks off',
    '--b\r\nContent-Disposition: form-data; name="question"\r\n\r\nq',
    refuse('invalid_request'),
  ],
  ['a part without headers', `--b\r\n\r\nq\r\n${END}`, refuse('missing_required_parameter')],
  [
    'a part without a name',
    part('Content-Disposition: form-data', 'q') + END,
    refuse('invalid_request', null, /must have a name/),
  ],
  [
    'a part whose headers are 100 kB',
    part(`X-Long: ${'a'.repeat(100_000)}`, 'q') + END,
    refuse('missing_required_parameter', 'question'),
  ],
  ['a field twice', question + question + END, refuse('invalid_value', 'question', /more than once/)],
  ['a field named __proto__', `${question}${field('__proto__', '{}')}${END}`, refuse('invalid_request')],
  ['a field named constructor', `${question}${field('constructor', '{}')}${END}`, refuse('invalid_request')],
  ['a field named toString', `${question}${field('toString', '{}')}${END}`, refuse('invalid_request')],
  [
    'a field it does not know',
    `${question}${field('prompt', '1')}${END}`,
    refuse('unknown_parameter', 'prompt'),
  ],
  [
    'a field with a name of 1,000 letters',
    `${question}${field('n'.repeat(1_000), '1')}${END}`,
    refuse('unknown_parameter'),
  ],
  [
    'a field of 2 MB',
    `${field('question', 'q'.repeat(2_000_000))}${END}`,
    refuse('invalid_value', 'question', /1000000 bytes/),
  ],
  [
    '33 fields',
    `${Array.from({ length: 33 }, (_, index) => field(`f${index}`, '1')).join('')}${END}`,
    refuse('invalid_request', null, /at most 32 text parts/),
  ],
  ['10,000 fields', `${field('f', '1').repeat(10_000)}${END}`, refuse('invalid_request')],
  [
    'max_tokens that is no JSON',
    `${question}${field('max_tokens', 'many')}${END}`,
    refuse('invalid_json', 'max_tokens'),
  ],
  [
    'max_tokens that is a text',
    `${question}${field('max_tokens', '"5"')}${END}`,
    refuse('invalid_type', 'max_tokens'),
  ],
  [
    'JSON nested deep',
    `${question}${field('metadata', deep)}${END}`,
    refuse('invalid_request', undefined, /32 levels/),
  ],
  [
    'JSON nested deep in a part of its own type',
    `${question}${part('Content-Disposition: form-data; name="metadata"\r\nContent-Type: application/json', deep)}${END}`,
    refuse('invalid_request', undefined, /32 levels/),
  ],
  [
    'JSON that is broken in a part of its own type',
    `${question}${part('Content-Disposition: form-data; name="metadata"\r\nContent-Type: application/json', '{')}${END}`,
    refuse('invalid_json'),
  ],
  [
    'a __proto__ in JSON',
    `${question}${field('metadata', '{"__proto__":{}}')}${END}`,
    refuse('invalid_json', 'metadata'),
  ],
  [
    'a URL in place of a file',
    `${question}${field('image', 'http://127.0.0.1/')}${END}`,
    refuse('invalid_type', 'image'),
  ],
  [
    'a file of another name',
    `${question}${file('picture', 'x')}${END}`,
    refuse('unknown_parameter', 'picture'),
  ],
  ['a file for a question', `${file('question', 'q')}${END}`, refuse('unknown_parameter', 'question')],
  ['a file without bytes', `${question}${file('image', '')}${END}`, refuse('image_unreadable', 'image')],
  [
    '65 files',
    `${question}${file('image', 'x').repeat(65)}${END}`,
    refuse('too_many_images', 'image', /at most 64 images/),
  ],
  [
    'a file that no message names',
    `${field('messages', '[{"role":"user","content":"q"}]')}${file('image', 'x')}${END}`,
    refuse('invalid_value', 'image'),
  ],
  [
    'a file that messages name wrongly',
    `${field('messages', '[{"role":"user","content":[{"type":"image_url","image_url":{"url":"upload:1"}},{"type":"text","text":"q"}]}]')}${file('image', 'x')}${END}`,
    refuse('invalid_value'),
  ],
  [
    'a filename that climbs',
    `${question}${part('Content-Disposition: form-data; name="image"; filename="../../../etc/passwd"', 'x')}${END}`,
    refuse('image_unreadable', 'image'),
  ],
  [
    'an encoding of base64',
    `${question}${part('Content-Disposition: form-data; name="image"; filename="a"\r\nContent-Transfer-Encoding: base64', 'iVBORw0KGgo=')}${END}`,
    refuse('image_unreadable', 'image'),
  ],
  [
    'a file of 60 MB',
    `${question}${file('image', 'x'.repeat(60_000_000))}${END}`,
    refuse('image_too_large', 'image', new RegExp(`at most ${MAX_IMAGE_BYTES} bytes`)),
  ],
];

const BOUNDARIES: readonly (readonly [string, string])[] = [
  ['no boundary', 'multipart/form-data'],
  ['an empty boundary', 'multipart/form-data; boundary='],
  ['a boundary of 10,000 letters', `multipart/form-data; boundary=${'b'.repeat(10_000)}`],
  ['another boundary', 'multipart/form-data; boundary=c'],
];

export const forms: readonly HostileCase[] = [
  ...BODIES.map(([name, body, expected]) =>
    request(`a form with ${name}`, ['POST', '/v1/jobs'], expected, {
      body,
      headers: { 'content-type': 'multipart/form-data; boundary=b' },
    }),
  ),
  ...BOUNDARIES.map(([name, type]) =>
    request(`a form with ${name}`, ['POST', '/v1/jobs'], refuse('invalid_request'), {
      body: question + END,
      headers: { 'content-type': type },
    }),
  ),
];
