import { type z } from 'zod';
import { CheckpointFileInvalidError } from '../errors/index.js';

/** Faults that a message lists; more say nothing new. */
const MAX_FAULTS = 3;

/** The value of a configuration file, checked. Throws {@link CheckpointFileInvalidError} that names each wrong setting. */
export function parseConfig<T>(file: string, schema: z.ZodType<T>, json: unknown): T {
  const parsed = schema.safeParse(json, { reportInput: true });
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  const faults = issues.slice(0, MAX_FAULTS).map(describeFault);
  const more = issues.length > MAX_FAULTS ? `; and ${issues.length - MAX_FAULTS} more` : '';
  const reason = `${faults.join('; ')}${more}; take it from the same download as the weights`;
  throw new CheckpointFileInvalidError(file, reason, { cause: parsed.error });
}

function describeFault({ path, message, input }: z.core.$ZodIssue): string {
  const setting = path.length === 0 ? 'its content' : path.join('.');
  return `${setting} is ${describeValue(input)} (${message})`;
}

function describeValue(value: unknown): string {
  if (value === undefined) return 'absent';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  return JSON.stringify(value);
}
