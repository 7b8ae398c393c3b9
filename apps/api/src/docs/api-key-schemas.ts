import { type ApiKeyLimits, type ApiKeyObject, type CreatedApiKey, SCOPES } from '@tessera/contracts';
import { z } from 'zod';
import { count, unixSeconds } from './shapes.js';

/** Shapes of what `/v1/admin/keys` answers. */

const limits = z
  .strictObject({
    requests_per_second: z.number().nullable(),
    concurrent_requests: count.nullable(),
    queued_jobs: count.nullable(),
    open_batches: count.nullable(),
    queued_rows: count.nullable(),
    stored_bytes: count.nullable(),
    tokens_per_day: count.nullable(),
    weight: z.number().describe('Share of the workers, in proportion to those of others'),
  })
  .describe('null is unlimited') satisfies z.ZodType<ApiKeyLimits>;

export const apiKeySchema = z.strictObject({
  id: z.string(),
  object: z.literal('api_key'),
  name: z.string(),
  prefix: z.string().describe('First characters of the key'),
  scopes: z.array(z.enum(SCOPES)),
  created_at: unixSeconds,
  expires_at: unixSeconds.nullable(),
  last_used_at: unixSeconds.nullable().describe('To the minute'),
  revoked_at: unixSeconds.nullable(),
  limits,
  owner: z.string().describe('Whose data it shares; its own id where it has data of its own'),
}) satisfies z.ZodType<ApiKeyObject, unknown>;

export const createdApiKeySchema = apiKeySchema.extend({
  key: z.string().describe('The key itself, shown this once'),
}) satisfies z.ZodType<CreatedApiKey, unknown>;

export const deletedApiKeySchema = z.strictObject({
  id: z.string(),
  object: z.literal('api_key'),
  deleted: z.literal(true),
});
