import { z } from 'zod';

const LIMIT_RULE = 'must be a whole number from 1 to 100';

/** `limit` of a list, 20 by default; everything in a query is text. */
export const pageLimitSchema = z
  .string()
  .regex(/^\d{1,3}$/, LIMIT_RULE)
  .transform(Number)
  .refine((limit) => limit >= 1 && limit <= 100, LIMIT_RULE)
  .default(20);
