import { z } from 'zod';
import { messagesSchema, tileCountSchema } from './messages.js';
import { samplingFields } from './sampling.js';

/** Tokens generated when a request does not say. */
export const DEFAULT_MAX_TOKENS = 512;

/** Tokens that an answer may have. */
export const maxTokensSchema = z.int().min(1).max(131_072);

export const metadataSchema = z
  .record(z.string().max(64), z.string().max(512))
  .refine((pairs) => Object.keys(pairs).length <= 16, { message: 'at most 16 pairs' });

export const jobPolicySchema = z.strictObject({
  /** Seconds from creation after which the job expires unless it has finished. */
  ttl_seconds: z.int().min(1).max(2_592_000).optional(),
  /** Seconds one attempt may run. */
  execution_timeout_seconds: z.int().min(1).max(86_400).optional(),
  priority: z.enum(['normal', 'low']).optional(),
  max_attempts: z.int().min(1).max(20).optional(),
});

const WEBHOOK_EVENT_TYPES = ['job.completed', 'job.failed', 'job.cancelled', 'job.expired'] as const;
export const webhookEventTypeSchema = z.enum(WEBHOOK_EVENT_TYPES);

/** Body of `POST /v1/jobs`. Either `messages`, or the short form `question` with `images`. */
export const createJobBodySchema = z.strictObject({
  model: z.string().min(1).max(200).optional(),
  messages: messagesSchema.optional(),
  question: z.string().optional(),
  /** Short form: image URLs or data URLs that precede the question. */
  images: z.array(z.string().min(1)).optional(),
  max_tokens: maxTokensSchema.optional(),
  max_completion_tokens: maxTokensSchema.optional(),
  max_dynamic_patch: tileCountSchema.optional(),
  ...samplingFields,
  webhook: z.string().max(2048).optional(),
  webhook_events_filter: z.array(webhookEventTypeSchema).min(1).optional(),
  policy: jobPolicySchema.optional(),
  metadata: metadataSchema.optional(),
});

export type CreateJobBody = z.infer<typeof createJobBodySchema>;
export type JobPolicy = z.infer<typeof jobPolicySchema>;
export type WebhookEventType = z.infer<typeof webhookEventTypeSchema>;
