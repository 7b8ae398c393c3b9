import { createJobBodySchema } from '@tessera/contracts';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { validate } from './validate.js';

const image = (fields: object) => ({
  messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'x', ...fields } }] }],
});

describe('validate', () => {
  it('returns what the schema makes of the value', () => {
    expect(validate(z.string().transform(Number), '4')).toBe(4);
  });

  it.each<[string, unknown, { code: string; param?: string; message?: RegExp }]>([
    ['a body that is no object', [], { code: 'invalid_type', message: /body/ }],
    ['no body', undefined, { code: 'missing_required_parameter' }],
    ['null as the body', null, { code: 'invalid_type', message: /null/ }],
    [
      'an unknown field',
      { question: 'q', temprature: 0 },
      { code: 'unknown_parameter', param: 'temprature' },
    ],
    [
      'an unknown field deep inside',
      image({ alt: 1 }),
      {
        code: 'unknown_parameter',
        param: 'messages.0.content.0.image_url.alt',
      },
    ],
    ['a wrong type', { question: 5 }, { code: 'invalid_type', param: 'question', message: /given 5/ }],
    [
      'null for a text',
      { question: null },
      { code: 'invalid_type', param: 'question', message: /given null/ },
    ],
    [
      'a number as text',
      { max_tokens: '5' },
      { code: 'invalid_type', param: 'max_tokens', message: /given "5"/ },
    ],
    [
      'a number out of range',
      { max_tokens: 0 },
      { code: 'invalid_value', param: 'max_tokens', message: /1.*given 0/ },
    ],
    ['a number that is not whole', { max_tokens: 1.5 }, { code: 'invalid_value', param: 'max_tokens' }],
    [
      'a value outside an enumeration',
      image({ detail: 'ultra' }),
      {
        code: 'invalid_value',
        param: 'messages.0.content.0.image_url.detail',
        message: /low.*given "ultra"/,
      },
    ],
    [
      'a number where only certain texts are allowed',
      image({ detail: 5 }),
      { code: 'invalid_type', param: 'messages.0.content.0.image_url.detail', message: /given 5/ },
    ],
    ['a text where only a number is allowed', { temperature: '0' }, { code: 'invalid_type' }],
    [
      'a missing field',
      { messages: [{ role: 'user' }] },
      {
        code: 'missing_required_parameter',
        param: 'messages.0.content',
      },
    ],
    [
      'a missing field deep inside',
      { messages: [{ role: 'user', content: [{ type: 'text' }] }] },
      {
        code: 'missing_required_parameter',
        param: 'messages.0.content.0.text',
      },
    ],
    [
      'content that is neither text nor a list',
      { messages: [{ role: 'user', content: 5 }] },
      {
        code: 'invalid_type',
        param: 'messages.0.content',
        message: /given 5/,
      },
    ],
    [
      'an empty list of content',
      { messages: [{ role: 'user', content: [] }] },
      {
        code: 'invalid_value',
        param: 'messages.0.content',
      },
    ],
    [
      'a part of unknown type',
      { messages: [{ role: 'user', content: [{ type: 'audio' }] }] },
      {
        code: 'invalid_value',
        param: 'messages.0.content.0.type',
        message: /given "audio"/,
      },
    ],
    [
      'a part without type',
      { messages: [{ role: 'user', content: [{ text: 'a' }] }] },
      {
        code: 'missing_required_parameter',
        param: 'messages.0.content.0.type',
      },
    ],
    [
      'a part that is no object',
      { messages: [{ role: 'user', content: ['a'] }] },
      {
        code: 'invalid_type',
        param: 'messages.0.content.0',
      },
    ],
    ['metadata that is no text', { metadata: { a: 1 } }, { code: 'invalid_type', param: 'metadata.a' }],
    [
      'a metadata key that is too long',
      { metadata: { ['k'.repeat(65)]: 'v' } },
      {
        code: 'invalid_value',
        param: `metadata.${'k'.repeat(65)}`,
        message: /64/,
      },
    ],
    [
      'too many metadata pairs',
      {
        metadata: Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`k${index}`, 'v'])),
      },
      { code: 'invalid_value', param: 'metadata', message: /16/ },
    ],
    [
      'a temperature out of range',
      { temperature: 2.7 },
      { code: 'invalid_value', param: 'temperature', message: /2\.7/ },
    ],
  ])('refuses %s with its code, path, rule and value', (_case, value, { message = /./, ...expected }) => {
    const refusal = capture(() => validate(createJobBodySchema, value));
    expect(refusal).toMatchObject(expected);
    expect(refusal.message).toMatch(message);
  });

  it('shortens a long value in the message', () => {
    const refusal = capture(() => validate(z.strictObject({ a: z.enum(['b']) }), { a: 'x'.repeat(10_000) }));
    expect(refusal.message.length).toBeLessThan(200);
  });
});

function capture(action: () => unknown): Error {
  try {
    action();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('nothing was refused');
}
