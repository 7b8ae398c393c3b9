import { type ChatCompletion, type ChatCompletionChunk, type TokenLogprob } from '@tessera/contracts';
import { z } from 'zod';
import { finishReason, usage } from './schemas.js';
import { unixSeconds } from './shapes.js';

const tokenProbability = {
  token: z.string().describe('The bytes as text; U+FFFD where they are a part of a character'),
  logprob: z.number().describe("By the model's own scores, before penalties and temperature"),
  bytes: z.array(z.int().min(0).max(255)).describe('UTF-8'),
};
const tokenLogprob = z.strictObject({
  ...tokenProbability,
  top_logprobs: z.array(z.strictObject(tokenProbability)),
}) satisfies z.ZodType<TokenLogprob>;

const logprobs = z
  .strictObject({ content: z.array(tokenLogprob), refusal: z.null() })
  .nullable()
  .describe('Null unless `logprobs` was asked for');

const identity = { id: z.string(), created: unixSeconds, model: z.string() };

export const chatCompletionSchema = z.strictObject({
  ...identity,
  object: z.literal('chat.completion'),
  choices: z.array(
    z.strictObject({
      index: z.int().min(0),
      message: z.strictObject({ role: z.literal('assistant'), content: z.string(), refusal: z.null() }),
      logprobs,
      finish_reason: finishReason,
    }),
  ),
  usage,
  system_fingerprint: z.string().describe("The converted model's revision"),
}) satisfies z.ZodType<ChatCompletion>;

export const chatCompletionChunkSchema = z.strictObject({
  ...identity,
  object: z.literal('chat.completion.chunk'),
  choices: z.array(
    z.strictObject({
      index: z.int().min(0),
      delta: z.strictObject({
        role: z.literal('assistant').exactOptional(),
        content: z.string().exactOptional(),
        refusal: z.null().exactOptional(),
      }),
      logprobs,
      finish_reason: finishReason.nullable(),
    }),
  ),
  usage: usage
    .nullable()
    .exactOptional()
    .describe(
      'Only with `stream_options.include_usage`: null until the last chunk, whose `choices` is empty',
    ),
  system_fingerprint: z.string().nullable().describe('Null until it is known which model revision answered'),
}) satisfies z.ZodType<ChatCompletionChunk>;
