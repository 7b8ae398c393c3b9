import { z } from 'zod';

/** The fields of a hash, of a reply that has field and value in turn. */
export function toFields(flat: readonly string[]): Record<string, string> {
  const fields: Record<string, string> = {};
  for (let index = 0; index + 1 < flat.length; index += 2) fields[flat[index] ?? ''] = flat[index + 1] ?? '';
  return fields;
}

/** `HGETALL` as a script returns it. */
export const hashReply = z.array(z.string()).transform(toFields);
