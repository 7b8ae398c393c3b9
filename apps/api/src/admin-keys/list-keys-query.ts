import { isKeyId } from '@tessera/api-keys';
import { z } from 'zod';
import { pageLimitSchema } from '../http/page-limit.js';

/** Query of `GET /v1/admin/keys`. */
export const listKeysQuerySchema = z.strictObject({
  limit: pageLimitSchema,
  after: z.string().refine(isKeyId, 'must be the id of an API key').optional(),
});
