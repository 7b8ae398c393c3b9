import { z } from 'zod';
import { maxTokensSchema, metadataSchema } from './job-request.js';
import { imageUrlSchema, textPartSchema, tileCountSchema } from './messages.js';
import { MAX_CHOICES, MAX_TOP_LOGPROBS, samplingFields } from './sampling.js';

/** OpenAI's image part; vLLM's `uuid`, by which a server may know the image again, is taken and not needed. */
const chatImagePartSchema = z.strictObject({
  type: z.literal('image_url'),
  image_url: imageUrlSchema,
  uuid: z.string().max(512).nullable().optional(),
});

const textContent = z.union([z.string(), z.array(textPartSchema).min(1)]);
const userContent = z.union([
  z.string(),
  z.array(z.discriminatedUnion('type', [textPartSchema, chatImagePartSchema])).min(1),
]);
const name = z.string().max(512).nullable().optional();

const instructionSchema = (role: 'system' | 'developer') =>
  z.strictObject({ role: z.literal(role), content: textContent, name });

/** Takes an answer of ours back as it was sent, with the fields that OpenAI's SDKs add to it. */
const assistantMessageSchema = z.strictObject({
  role: z.literal('assistant'),
  content: textContent,
  name,
  refusal: z.string().nullable().optional(),
  annotations: z.array(z.unknown()).nullable().optional(),
  audio: z.null().optional(),
  function_call: z.null().optional(),
  tool_calls: z.array(z.unknown()).max(0).nullable().optional(),
});

export const chatMessageSchema = z.discriminatedUnion('role', [
  instructionSchema('system'),
  instructionSchema('developer'),
  z.strictObject({ role: z.literal('user'), content: userContent, name }),
  assistantMessageSchema,
]);

/** Body of `POST /v1/chat/completions`, and of a batch's row. A null is taken like an absent field before it comes here. */
export const chatCompletionBodySchema = z.strictObject({
  model: z.string().min(1).max(200),
  messages: z.array(chatMessageSchema).min(1).max(256),
  max_tokens: maxTokensSchema.optional(),
  max_completion_tokens: maxTokensSchema.optional(),
  ...samplingFields,
  /** -1 and 0 are vLLM's words for all tokens. */
  top_k: z.int().min(-1).optional(),
  n: z.int().min(1).max(MAX_CHOICES).optional(),
  logprobs: z.boolean().optional(),
  top_logprobs: z.int().min(0).max(MAX_TOP_LOGPROBS).optional(),
  max_dynamic_patch: tileCountSchema.optional(),
  mm_processor_kwargs: z
    .strictObject({
      max_dynamic_patch: tileCountSchema.optional(),
      min_dynamic_patch: tileCountSchema.optional(),
    })
    .optional(),
  stream: z.boolean().optional(),
  stream_options: z
    .strictObject({ include_usage: z.boolean().optional(), include_obfuscation: z.boolean().optional() })
    .optional(),
  /** Only `{"type": "text"}`; another type is refused by itself. */
  response_format: z.strictObject({ type: z.literal('text') }).optional(),
  modalities: z.array(z.literal('text')).min(1).optional(),
  /** These change nothing here. */
  metadata: metadataSchema.optional(),
  user: z.string().max(512).optional(),
  safety_identifier: z.string().max(512).optional(),
  prompt_cache_key: z.string().max(512).optional(),
  store: z.boolean().optional(),
  service_tier: z.string().max(64).optional(),
});

export type ChatCompletionBody = z.infer<typeof chatCompletionBodySchema>;
export type ChatMessage = z.infer<typeof chatMessageSchema>;
