import { type ErrorCode } from '@tessera/contracts';
import { type Expected, type HostileCase, job, QUESTION } from '../hostile-case.js';

const refuse = (code: ErrorCode, param?: string, message = /./): Expected => ({
  status: 400,
  code,
  message,
  ...(param === undefined ? {} : { param }),
});
const user = (content: unknown = QUESTION) => ({ role: 'user', content });
const assistant = (content: unknown = 'A cat.') => ({ role: 'assistant', content });
const system = (content: unknown = 'Be brief.') => ({ role: 'system', content });
const picture = (fields: object = {}) => ({
  type: 'image_url',
  image_url: { url: 'http://127.0.0.2:1/', ...fields },
});

const MESSAGES: readonly (readonly [string, unknown, Expected])[] = [
  ['no messages', [], refuse('invalid_value', 'messages')],
  ['257 messages', Array.from({ length: 257 }, () => user()), refuse('invalid_value', 'messages', /256/)],
  ['messages that are a text', 'q', refuse('invalid_type', 'messages')],
  ['a message that is a text', ['q'], refuse('invalid_type', 'messages.0')],
  ['a message that is null', [null], refuse('invalid_type', 'messages.0')],
  ['a message without a role', [{ content: 'q' }], refuse('missing_required_parameter', 'messages.0.role')],
  [
    'a message without content',
    [{ role: 'user' }],
    refuse('missing_required_parameter', 'messages.0.content'),
  ],
  [
    'a role that does not exist',
    [{ role: 'tool', content: 'q' }],
    refuse('invalid_value', 'messages.0.role'),
  ],
  [
    'a role of the template',
    [{ role: '<|system|>', content: 'q' }],
    refuse('invalid_value', 'messages.0.role'),
  ],
  ['content that is a number', [user(5)], refuse('invalid_type', 'messages.0.content')],
  ['content that is null', [user(null)], refuse('invalid_type', 'messages.0.content')],
  ['content without parts', [user([])], refuse('invalid_value', 'messages.0.content')],
  [
    'a part without a type',
    [user([{ text: 'q' }])],
    refuse('missing_required_parameter', 'messages.0.content.0.type'),
  ],
  [
    'a part of a type that does not exist',
    [user([{ type: 'audio' }])],
    refuse('invalid_value', 'messages.0.content.0.type'),
  ],
  [
    'a text part without text',
    [user([{ type: 'text' }])],
    refuse('missing_required_parameter', 'messages.0.content.0.text'),
  ],
  [
    'an image part without a URL',
    [user([{ type: 'image_url', image_url: {} }])],
    refuse('missing_required_parameter', 'messages.0.content.0.image_url.url'),
  ],
  [
    'an image URL that is a text',
    [user([{ type: 'image_url', image_url: 'http://a/' }])],
    refuse('invalid_type', 'messages.0.content.0.image_url'),
  ],
  [
    'a detail that does not exist',
    [user([picture({ detail: 'ultra' }), { type: 'text', text: 'q' }])],
    refuse('invalid_value', 'messages.0.content.0.image_url.detail'),
  ],
  [
    'more tiles at least than at most',
    [user([picture({ min_dynamic_patch: 7, max_dynamic_patch: 6 }), { type: 'text', text: 'q' }])],
    refuse('invalid_value', 'messages.0.content.0.image_url.min_dynamic_patch', /6, given 7/),
  ],
  ['an image without a question', [user([picture()])], refuse('invalid_value', 'messages.0.content')],
  ['a last message of blanks', [user('  ')], refuse('invalid_value', 'messages.0.content')],
  ['an assistant last', [user(), assistant()], refuse('invalid_value', 'messages.1.role')],
  ['an assistant first', [assistant(), user()], refuse('invalid_value', 'messages.0.role')],
  ['two users in a row', [user(), user()], refuse('invalid_value', 'messages.1.role')],
  [
    'two assistants in a row',
    [user(), assistant(), assistant(), user()],
    refuse('invalid_value', 'messages.2.role'),
  ],
  ['a system message alone', [system()], refuse('invalid_value', 'messages.0.role')],
  ['a system message in the middle', [user(), system(), user()], refuse('invalid_value', 'messages.1.role')],
  ['two system messages', [system(), system(), user()], refuse('invalid_value', 'messages.1.role')],
  [
    'an assistant right after the system',
    [system(), assistant(), user()],
    refuse('invalid_value', 'messages.1.role'),
  ],
  [
    'an earlier question of blanks',
    [user(' '), assistant(), user()],
    refuse('invalid_value', 'messages.0.content'),
  ],
  [
    'an image of the assistant',
    [user(), assistant([picture()]), user()],
    refuse('invalid_value', 'messages.1.content.0.image_url.url'),
  ],
  [
    'an image of the system',
    [system([picture()]), user()],
    refuse('invalid_value', 'messages.0.content.0.image_url.url'),
  ],
  [
    'a system message of half a surrogate pair',
    [system('\udfff'), user()],
    refuse('invalid_value', 'messages.0.content', /surrogate/),
  ],
];

const pastContext: Expected = {
  status: 400,
  code: 'context_length_exceeded',
  message: /the context holds 4096 tokens; /,
};

export const messages: readonly HostileCase[] = [
  ...MESSAGES.map(([name, given, expected]) => job(`messages with ${name}`, { messages: given }, expected)),
  job(
    'messages beside a question',
    { messages: [user()], question: QUESTION },
    refuse('invalid_request', 'question'),
  ),
  job(
    'messages beside images',
    { messages: [user()], images: ['http://127.0.0.2/'] },
    refuse('invalid_request', 'images'),
  ),
  job('a question past the context', { question: 'What is it? '.repeat(3_000) }, pastContext),
  job('a question of a million letters', { question: 'a '.repeat(500_000) }, pastContext),
  job('a question of a million letters without a blank', { question: 'a'.repeat(1_000_000) }, pastContext),
  job('a question of half a million cats', { question: '🐈'.repeat(500_000) }, pastContext),
  job(
    'a system message past the context',
    { messages: [system('Be brief. '.repeat(2_000)), user()] },
    pastContext,
  ),
  job(
    'a question that fits only without its completion',
    { question: 'What is it? '.repeat(300), max_tokens: 4_000 },
    pastContext,
  ),
  job(
    'messages with an empty answer',
    { messages: [user(), assistant(''), user()], max_tokens: 4 },
    { status: 200 },
  ),
  job(
    'messages with an empty system message',
    { messages: [system(''), user()], max_tokens: 4 },
    { status: 200 },
  ),
];
