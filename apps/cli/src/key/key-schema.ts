import { z } from 'zod';

/** The key object of `/v1/admin/keys`, as far as the command line reads it; the rest is handed on by `--json`. */
export const keySchema = z.looseObject({
  id: z.string().min(1),
  object: z.literal('api_key'),
  name: z.string(),
  prefix: z.string(),
  scopes: z.array(z.string()),
  created_at: z.int(),
  expires_at: z.int().nullish(),
  last_used_at: z.int().nullish(),
  revoked_at: z.int().nullish(),
});
export type ServiceKey = z.infer<typeof keySchema>;

export const createdKeySchema = keySchema.extend({ key: z.string().min(1) });
export type CreatedServiceKey = z.infer<typeof createdKeySchema>;

export const keyListSchema = z.object({ data: z.array(keySchema), has_more: z.boolean() });
export const revokedKeySchema = z.looseObject({ id: z.string().min(1), deleted: z.literal(true) });
