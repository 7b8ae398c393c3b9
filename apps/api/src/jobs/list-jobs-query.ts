import { JOB_STATUSES } from '@tessera/contracts';
import { z } from 'zod';
import { pageLimitSchema } from '../http/page-limit.js';
import { isJobId } from './new-job-id.js';

/** Query of `GET /v1/jobs`; everything in a query is text. */
export const listJobsQuerySchema = z.strictObject({
  limit: pageLimitSchema,
  after: z.string().refine(isJobId, 'must be the id of a job').optional(),
  status: z.enum(JOB_STATUSES).optional(),
});
