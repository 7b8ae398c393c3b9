import { describe, expect, it } from 'vitest';
import { parseChatCompletion } from './parse-chat-completion.js';

const context = {
  maxImages: 3,
  maxImageBytes: 100,
  checkUrl: () => undefined,
  checkS3Url: () => ({ bucket: 'b', key: 'k' }),
};
const parse = (body: object) =>
  parseChatCompletion({ model: 'm', messages: [{ role: 'user', content: 'q' }], ...body }, context);

describe('parseChatCompletion', () => {
  it('takes null, and what is empty of fields that cannot be honoured, for absent', () => {
    const nulls = Object.fromEntries(
      ['temperature', 'stop', 'n', 'seed', 'stream', 'stream_options', 'max_tokens', 'tools', 'audio'].map(
        (name) => [name, null],
      ),
    );
    const { body, ...draft } = parse({ ...nulls, tools: [], logit_bias: {}, functions: [] });
    expect(Object.keys(body)).toEqual(['model', 'messages']);
    expect(draft).toEqual({
      model: 'm',
      messages: [{ role: 'user', content: [{ type: 'text', text: 'q' }] }],
      images: [],
    });
  });

  it('takes an answer back with all that the clients add to it, and a developer for the system', () => {
    const { messages } = parse({
      messages: [
        { role: 'developer', content: [{ type: 'text', text: 's' }], name: 'n' },
        { role: 'user', content: 'q' },
        {
          role: 'assistant',
          content: 'a',
          refusal: null,
          annotations: [],
          audio: null,
          function_call: null,
          tool_calls: null,
        },
        { role: 'user', content: 'r' },
      ],
    });
    expect(messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user']);
  });

  it.each([
    [{}, undefined],
    [{ stream: false }, undefined],
    [{ stream: true }, { includeUsage: false }],
    [{ stream: true, stream_options: { include_usage: true } }, { includeUsage: true }],
  ])('streams %j as %j', (body, expected) => {
    expect(parse(body).stream).toEqual(expected);
  });

  it.each([
    [{ logprobs: true }, { logprobs: { top: 0 } }],
    [
      { logprobs: true, top_logprobs: 3, n: 2 },
      { logprobs: { top: 3 }, n: 2 },
    ],
    [{ logprobs: false, n: 1 }, {}],
  ])('reads %j as %j', (body, expected) => {
    const { n, logprobs } = parse(body);
    expect({ ...(n && { n }), ...(logprobs && { logprobs }) }).toEqual(expected);
  });

  it('names the field of a nested fault as the client wrote it', () => {
    const messages = [
      { role: 'user', content: [{ type: 'image_url', image_url: { url: 'x', detail: 'ultra' } }] },
    ];
    expect(() => parse({ messages })).toThrow(
      expect.objectContaining({ code: 'invalid_value', param: 'messages.0.content.0.image_url.detail' }),
    );
  });
});
