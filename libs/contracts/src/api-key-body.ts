import { z } from 'zod';
import { SCOPES } from './api-key.js';

const LONGEST_NAME = 100;
const LONGEST_LIFE_SECONDS = 10 * 365 * 86_400;
const MAX_COUNT = Number.MAX_SAFE_INTEGER;

const name = z.string().trim().min(1, 'must not be empty').max(LONGEST_NAME);
const scopes = z
  .array(z.enum(SCOPES))
  .min(1, 'must have at least one scope')
  .refine((given) => new Set(given).size === given.length, 'must name every scope once');

/** A limit that is null is lifted. */
const limit = (number: z.ZodNumber) => number.nullable().optional();
const count = z.int().min(0).max(MAX_COUNT);

/** Limits of a key, as clients write them. */
const limits = z.strictObject({
  requests_per_second: limit(z.number().min(0.01).max(1_000_000)),
  concurrent_requests: limit(z.int().min(1).max(1_000_000)),
  queued_jobs: limit(count),
  open_batches: limit(count),
  queued_rows: limit(count),
  stored_bytes: limit(count),
  tokens_per_day: limit(count),
  weight: limit(z.number().min(0.01).max(1_000)),
});
export type ApiKeyLimitsBody = z.infer<typeof limits>;

/** Body of `POST /v1/admin/keys`. */
export const createApiKeyBodySchema = z.strictObject({
  name,
  scopes,
  expires_at: z.int().min(0).nullish(),
  expires_in_seconds: z.int().min(1).max(LONGEST_LIFE_SECONDS).nullish(),
  limits: limits.optional(),
  /** A key whose data it shares. */
  owner: z.string().min(1).max(200).optional(),
});
export type CreateApiKeyBody = z.infer<typeof createApiKeyBodySchema>;

/** Body of `POST /v1/admin/keys/{id}`: what is absent stays as it is, and so does every limit that is not named. */
export const updateApiKeyBodySchema = z.strictObject({
  name: name.optional(),
  scopes: scopes.optional(),
  limits: limits.optional(),
});
export type UpdateApiKeyBody = z.infer<typeof updateApiKeyBodySchema>;
