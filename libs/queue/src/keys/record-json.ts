import { type ApiKeyRecord, type KeyLimits, SCOPES } from '@tessera/contracts';
import { z } from 'zod';
import { RecordInvalidError } from '../errors.js';

const count = z.int().min(0);

const limits: z.ZodType<KeyLimits> = z.object({
  requestsPerSecond: z.number().exactOptional(),
  concurrentRequests: count.exactOptional(),
  queuedJobs: count.exactOptional(),
  openBatches: count.exactOptional(),
  queuedRows: count.exactOptional(),
  storedBytes: count.exactOptional(),
  tokensPerDay: count.exactOptional(),
  weight: z.number().exactOptional(),
});

const schema: z.ZodType<ApiKeyRecord> = z.object({
  id: z.string(),
  ownerId: z.string(),
  name: z.string(),
  prefix: z.string(),
  hash: z.string(),
  scopes: z.array(z.enum(SCOPES)),
  limits,
  createdAtMs: count,
  expiresAtMs: count.exactOptional(),
  revokedAtMs: count.exactOptional(),
  version: count,
});

/** @throws {RecordInvalidError} */
export function parseApiKeyRecord(json: string): ApiKeyRecord {
  try {
    return schema.parse(JSON.parse(json));
  } catch (cause) {
    throw new RecordInvalidError('key', cause);
  }
}
