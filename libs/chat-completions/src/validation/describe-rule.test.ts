import { createJobBodySchema } from '@tessera/contracts';
import { describe, expect, it } from 'vitest';
import { validate } from './validate.js';

describe('messages of broken rules', () => {
  it.each([
    [{ max_tokens: 0 }, 'max_tokens: must be at least 1, given 0'],
    [{ max_tokens: 200_000 }, 'max_tokens: must be at most 131072, given 200000'],
    [{ max_tokens: 1.5 }, 'max_tokens: must be a whole number, given 1.5'],
    [{ max_tokens: '5' }, 'max_tokens: must be a number, given "5"'],
    [{ temperature: 2.7 }, 'temperature: must be at most 2, given 2.7'],
    [{ repetition_penalty: 0 }, 'repetition_penalty: must be above 0, given 0'],
    [{ question: 7 }, 'question: must be a text, given 7'],
    [{ images: 'a' }, 'images: must be an array, given "a"'],
    [{ messages: [] }, 'messages: must have at least 1 entry, given a list of 0'],
    [{ model: '' }, 'model: must have at least 1 character, given ""'],
    [{ policy: { priority: 'high' } }, 'policy.priority: must be "normal" or "low", given "high"'],
    [{ metadata: ['a'] }, 'metadata: must be an object, given a list of 1'],
  ])('%j: rule, limit and value', (body, message) => {
    expect(() => validate(createJobBodySchema, body)).toThrow(message);
  });
});
