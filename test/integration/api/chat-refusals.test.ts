import { startTestRedis, type TestRedis } from '@tessera/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ErrorBody } from './api-client.js';
import { makePng, toDataUrl } from './pictures.js';
import { startTestApi, type TestApi } from './start-test-api.js';

let redis: TestRedis;
let api: TestApi;

beforeAll(async () => {
  redis = await startTestRedis();
  api = await startTestApi(redis, { TESSERA_MAX_IMAGE_BYTES: '1000', TESSERA_MAX_IMAGES_PER_JOB: '2' });
});
afterAll(async () => {
  await api.close();
  await redis.stop();
});
afterEach(async () => {
  expect(await api.storedObjects(), 'objects left by a refusal').toEqual([]);
  expect(await api.jobKeys(), 'records left by a refusal').toEqual([]);
});

const url = 'https://example.com/a.png';
const image = (of: object = {}, more: object = {}) => ({
  type: 'image_url',
  image_url: { url, ...of },
  ...more,
});
const user = (content: unknown) => ({ role: 'user', content });
const asking = (...parts: object[]) => [user([...parts, { type: 'text', text: 'q' }])];
const messages = [user('q')];
const FILE = `file-${'0'.repeat(32)}`;

const REFUSALS: [string, object, { status?: number; code: string; param?: string | null }][] = [
  ['no model', { model: undefined, messages }, { code: 'missing_required_parameter', param: 'model' }],
  [
    'an unknown model',
    { model: 'other', messages },
    { status: 404, code: 'model_not_found', param: 'model' },
  ],
  ['no messages', {}, { code: 'missing_required_parameter', param: 'messages' }],
  [
    'null for the messages, as good as none',
    { messages: null },
    { code: 'missing_required_parameter', param: 'messages' },
  ],
  ['an unknown field', { messages, temprature: 1 }, { code: 'unknown_parameter', param: 'temprature' }],
  [
    'an unknown role',
    { messages: [{ role: 'tool', content: 'x' }] },
    { code: 'invalid_value', param: 'messages.0.role' },
  ],
  ['null as content', { messages: [user(null)] }, { code: 'invalid_type', param: 'messages.0.content' }],
  [
    'an audio part',
    { messages: [user([{ type: 'input_audio', input_audio: {} }])] },
    { code: 'invalid_value', param: 'messages.0.content.0.type' },
  ],
  [
    'an image in an answer',
    { messages: [...messages, { role: 'assistant', content: [image()] }, ...messages] },
    { code: 'invalid_value', param: 'messages.1.content.0.type' },
  ],
  [
    'a system message that comes late',
    { messages: [...messages, { role: 'developer', content: 's' }, ...messages] },
    { code: 'invalid_value', param: 'messages.1.role' },
  ],
  ['tools', { messages, tools: [{ type: 'function' }] }, { code: 'unsupported_parameter', param: 'tools' }],
  ['audio', { messages, audio: { voice: 'a' } }, { code: 'unsupported_parameter', param: 'audio' }],
  ['logit_bias', { messages, logit_bias: { 5: 1 } }, { code: 'unsupported_parameter', param: 'logit_bias' }],
  [
    'a JSON schema',
    { messages, response_format: { type: 'json_schema', json_schema: { name: 'a', schema: {} } } },
    { code: 'unsupported_response_format', param: 'response_format' },
  ],
  [
    'a response format without a type',
    { messages, response_format: {} },
    { code: 'missing_required_parameter', param: 'response_format.type' },
  ],
  ['a temperature above 2', { messages, temperature: 2.1 }, { code: 'invalid_value', param: 'temperature' }],
  ['a seed that is not whole', { messages, seed: 1.5 }, { code: 'invalid_value', param: 'seed' }],
  [
    'a seed past what JSON keeps exact',
    { messages, seed: 2 ** 60 },
    { code: 'invalid_value', param: 'seed' },
  ],
  ['five stop strings', { messages, stop: [...'abcde'] }, { code: 'invalid_value', param: 'stop' }],
  ['an empty stop string', { messages, stop: '' }, { code: 'invalid_value', param: 'stop' }],
  ['half a character to stop at', { messages, stop: '\ud800' }, { code: 'invalid_value', param: 'stop' }],
  ['no choice at all', { messages, n: 0 }, { code: 'invalid_value', param: 'n' }],
  [
    '21 alternatives',
    { messages, logprobs: true, top_logprobs: 21 },
    { code: 'invalid_value', param: 'top_logprobs' },
  ],
  [
    'alternatives without logprobs',
    { messages, top_logprobs: 2 },
    { code: 'invalid_value', param: 'top_logprobs' },
  ],
  [
    'more log probabilities than an answer may have',
    { messages, logprobs: true, top_logprobs: 20, n: 20 },
    { code: 'invalid_value', param: 'logprobs' },
  ],
  [
    'stream options without a stream',
    { messages, stream_options: {} },
    { code: 'invalid_value', param: 'stream_options' },
  ],
  [
    'a completion as long as the context',
    { messages, max_completion_tokens: 200_000 },
    { code: 'invalid_value', param: 'max_completion_tokens' },
  ],
  [
    'more images than allowed',
    { messages: asking(image(), image(), image()) },
    { code: 'too_many_images', param: 'messages' },
  ],
  [
    'a tile budget above the cap',
    { messages: asking(image({ max_dynamic_patch: 41 })) },
    { code: 'invalid_value', param: 'messages.0.content.0.image_url.max_dynamic_patch' },
  ],
  [
    'fewest tiles above the most, set in two places',
    {
      messages: asking(image({ detail: 'low' })),
      mm_processor_kwargs: { min_dynamic_patch: 7 },
    },
    { code: 'invalid_value', param: 'mm_processor_kwargs.min_dynamic_patch' },
  ],
  [
    'an unknown processor setting',
    { messages, mm_processor_kwargs: { num_crops: 4 } },
    { code: 'unknown_parameter', param: 'mm_processor_kwargs.num_crops' },
  ],
  [
    'an ftp image',
    { messages: asking(image({ url: 'ftp://example.com/a.png' })) },
    { code: 'image_url_invalid', param: 'messages.0.content.0.image_url.url' },
  ],
  [
    'an upload, which only forms have',
    { messages: asking(image({ url: 'upload:0' })) },
    { code: 'image_url_invalid', param: 'messages.0.content.0.image_url.url' },
  ],
  [
    'an image on a private address',
    { messages: asking(image({ url: 'http://169.254.169.254/latest' })) },
    { code: 'url_not_allowed', param: 'messages.0.content.0.image_url.url' },
  ],
  [
    'a file that nobody uploaded',
    { messages: asking(image({ url: FILE })) },
    { code: 'image_not_found', param: 'messages.0.content.0.image_url.url' },
  ],
  [
    'inline bytes that are no image',
    { messages: asking(image({ url: toDataUrl(Buffer.from('none')) })) },
    { code: 'image_unreadable', param: 'messages.0.content.0.image_url.url' },
  ],
  [
    'inline bytes past the limit',
    { messages: asking(image({ url: toDataUrl(Buffer.alloc(1001)) })) },
    { code: 'image_too_large', param: 'messages.0.content.0.image_url.url' },
  ],
];

describe('POST /v1/chat/completions refuses, and keeps nothing of,', () => {
  it.each(REFUSALS)('%s', async (_, body, { status = 400, code, param = null }) => {
    const answer = await api.client.post<ErrorBody>('/v1/chat/completions', { model: 'tiny', ...body });
    expect({ status: answer.status, ...answer.body.error }).toMatchObject({ status, code, param });
    expect(answer.headers.get('x-should-retry')).toBe('false');
    expect(answer.headers.get('x-request-id')).toMatch(/^req_/);
  });

  it.each([
    ['an empty body', '', 400, 'invalid_json'],
    ['text that is no JSON', '{', 400, 'invalid_json'],
    ['a list', '[]', 400, 'invalid_type'],
  ])('%s', async (_, body, status, code) => {
    const answer = await api.client.post<ErrorBody>('/v1/chat/completions', body);
    expect({ status: answer.status, code: answer.body.error.code }).toEqual({ status, code });
  });

  it('a form', async () => {
    const form = new FormData();
    form.append('image', new Blob([await makePng()]), 'a.png');
    const answer = await api.client.send<ErrorBody>('POST', '/v1/chat/completions', { body: form });
    expect({ status: answer.status, code: answer.body.error.code }).toEqual({
      status: 415,
      code: 'unsupported_media_type',
    });
    expect(answer.body.error.message).toMatch(/^the body must be application\/json, given multipart\//);
  });
});
