import { ERROR_CODES, type ErrorCode, JOB_STATUSES } from '@tessera/contracts';
import { z } from 'zod';

// The table is not empty, and its keys are what ErrorCode is made of.
const codes = Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]];
/** A newer service may know more codes; their messages still tell what happened. */
const errorCodeSchema = z.enum(codes).catch('internal_error');

const tilesSchema = z.object({
  columns: z.int(),
  rows: z.int(),
  tiles: z.int(),
  width: z.int(),
  height: z.int(),
});

const timingsSchema = z.object({
  queue_ms: z.number(),
  fetch_ms: z.number(),
  preprocess_ms: z.number(),
  vision_ms: z.number(),
  prefill_ms: z.number(),
  decode_ms: z.number(),
  total_ms: z.number(),
});

const usageSchema = z.object({
  prompt_tokens: z.int(),
  completion_tokens: z.int(),
  total_tokens: z.int(),
  prompt_tokens_details: z.object({ cached_tokens: z.int(), image_tokens: z.int() }),
});

/** The job object of `/v1/jobs`, as far as the command line reads it. */
export const jobSchema = z.object({
  id: z.string().min(1),
  object: z.literal('job'),
  status: z.enum(JOB_STATUSES),
  model: z.object({ id: z.string(), revision: z.string().nullable() }),
  output: z
    .object({
      text: z.string(),
      finish_reason: z.enum(['stop', 'length']),
      token_ids: z.array(z.int()).optional(),
    })
    .nullable(),
  error: z.object({ code: errorCodeSchema, message: z.string() }).nullable(),
  usage: usageSchema.nullable(),
  tiles: z.array(tilesSchema).nullable(),
  timings: timingsSchema.nullable(),
});
export type ServiceJob = z.infer<typeof jobSchema>;

export const modelListSchema = z.object({
  data: z.array(z.object({ id: z.string(), revision: z.string().nullish() })),
});
export type ServiceModel = z.infer<typeof modelListSchema>['data'][number];

export const errorEnvelopeSchema = z.object({
  error: z.object({ code: errorCodeSchema, message: z.string() }),
});

export const textEventSchema = z.object({ text: z.string() });
