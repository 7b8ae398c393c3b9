import { z } from 'zod';
import { pageLimitSchema } from '../http/page-limit.js';
import { isBatchId } from './batch-id.js';

/** Query of `GET /v1/batches`. */
export const listBatchesQuerySchema = z.strictObject({
  limit: pageLimitSchema,
  after: z.string().refine(isBatchId, 'must be the id of a batch').optional(),
});
