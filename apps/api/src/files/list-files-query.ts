import { FILE_PURPOSES } from '@tessera/contracts';
import { isFileId } from '@tessera/files';
import { z } from 'zod';

export const MAX_FILES_PER_PAGE = 10_000;
const LIMIT_RULE = `must be a whole number from 1 to ${MAX_FILES_PER_PAGE}`;

/** Query of `GET /v1/files`; everything in a query is text. */
export const listFilesQuerySchema = z.strictObject({
  limit: z
    .string()
    .regex(/^\d{1,5}$/, LIMIT_RULE)
    .transform(Number)
    .refine((limit) => limit >= 1 && limit <= MAX_FILES_PER_PAGE, LIMIT_RULE)
    .default(MAX_FILES_PER_PAGE),
  order: z.enum(['asc', 'desc']).default('desc'),
  after: z.string().refine(isFileId, 'must be the id of a file').optional(),
  purpose: z.enum(FILE_PURPOSES).optional(),
});
