import { describe, expect, it } from 'vitest';
import { resolveAnswerOptions } from './answer-options.js';
import { type GenerationRequest } from './generation.js';
import { GenerationParameterError } from './sampling/errors.js';

const resolve = (fields: Partial<GenerationRequest>) =>
  resolveAnswerOptions({ messages: [], images: [], ...fields });

describe('resolveAnswerOptions', () => {
  it('asks for one greedy answer where a request says nothing', () => {
    expect(resolve({})).toMatchObject({ stop: [], topLogprobs: undefined, choiceCount: 1 });
    expect(resolve({}).sampling.temperature).toBe(0);
  });

  it('takes the limits themselves', () => {
    const stop = ['a', 'b', 'c', 'x'.repeat(1000)];
    expect(resolve({ stop, logprobs: { top: 20 }, n: 128 })).toMatchObject({
      stop,
      topLogprobs: 20,
      choiceCount: 128,
    });
    expect(resolve({ logprobs: { top: 0 } }).topLogprobs).toBe(0);
  });

  it.each<[string, Partial<GenerationRequest>, string]>([
    ['five stop strings', { stop: ['a', 'b', 'c', 'd', 'e'] }, 'stop must be at most 4 strings; given 5'],
    ['an empty stop string', { stop: [''] }, 'stop must be strings of 1 to 1000 characters; given one of 0'],
    ['a long stop string', { stop: ['x'.repeat(1001)] }, 'given one of 1001'],
    ['half a character', { stop: ['\ud83e'] }, 'stop must be strings of whole characters; given "\\ud83e"'],
    ['21 logprobs', { logprobs: { top: 21 } }, 'top_logprobs must be a whole number from 0 to 20; given 21'],
    ['no choice', { n: 0 }, 'n must be a whole number from 1 to 128; given 0'],
    ['half a choice', { n: 1.5 }, 'given 1.5'],
    [
      'a temperature of 3',
      { sampling: { temperature: 3 } },
      'temperature must be a number from 0 to 2; given 3',
    ],
  ])('refuses %s, naming the field, the limit and the value', (_, fields, message) => {
    expect(() => resolve(fields)).toThrow(GenerationParameterError);
    expect(() => resolve(fields)).toThrow(message);
  });
});
