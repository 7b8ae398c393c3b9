import { type OwnerUsageObject } from '@tessera/contracts';
import { z } from 'zod';
import { count, unixSeconds } from './shapes.js';

/** The shape of what `/v1/usage` answers. */

const limitUsage = z.strictObject({
  limit: z.number().min(0).nullable().describe('null: none'),
  used: count,
});

export const ownerUsageSchema = z.strictObject({
  object: z.literal('usage'),
  owner: z.string().describe('Whose it is; keys that share data share it'),
  requests_per_second: limitUsage.describe('Of the requests that may come at once; 0 without a limit'),
  concurrent_requests: limitUsage.describe('Under way now, this one among them; 0 without a limit'),
  queued_jobs: limitUsage.describe('Jobs that have not begun'),
  open_batches: limitUsage.describe('Batches that have not ended'),
  queued_rows: limitUsage.describe('Rows of batches that are not done'),
  stored_bytes: limitUsage.describe('Of files, uploads under way and images of jobs'),
  tokens_per_day: limitUsage.extend({ resets_at: unixSeconds }).describe('Since midnight UTC'),
}) satisfies z.ZodType<OwnerUsageObject, unknown>;
