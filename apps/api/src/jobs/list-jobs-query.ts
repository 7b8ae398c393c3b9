import { JOB_STATUSES } from '@tessera/contracts';
import { z } from 'zod';
import { isJobId } from './new-job-id.js';

const LIMIT_RULE = 'must be a whole number from 1 to 100';

/** Query of `GET /v1/jobs`; everything in a query is text. */
export const listJobsQuerySchema = z.strictObject({
  limit: z
    .string()
    .regex(/^\d{1,3}$/, LIMIT_RULE)
    .transform(Number)
    .refine((limit) => limit >= 1 && limit <= 100, LIMIT_RULE)
    .default(20),
  after: z.string().refine(isJobId, 'must be the id of a job').optional(),
  status: z.enum(JOB_STATUSES).optional(),
});
