import {
  type Answer,
  JOB_STATUSES,
  type JobError,
  type JobRecord,
  type JobRequest,
  webhookEventTypeSchema,
} from '@tessera/contracts';
import { z } from 'zod';
import { RecordInvalidError } from './errors.js';
import { hashReply } from './hash-reply.js';
import { queueNameOf } from './queue-entry.js';

const integer = z.string().regex(/^\d+$/).transform(Number);
const flag = z.enum(['0', '1']).transform((text) => text === '1');

function parsedJson(text: string, context: z.RefinementCtx): unknown {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'is not JSON' });
    return z.NEVER;
  }
}

/** A field that `encodeRecord` or a worker wrote as JSON of type T; that it is an object is all that is checked again. */
export const jsonText = <T extends object>() =>
  z
    .string()
    .transform(parsedJson)
    .pipe(z.custom<T>((value) => typeof value === 'object' && value !== null));

const webhook = z
  .string()
  .transform(parsedJson)
  .pipe(z.object({ url: z.string(), events: z.array(webhookEventTypeSchema) }));

/** The fields of the hash that make the record; scripts keep others beside them. */
const recordSchema = z.object({
  id: z.string(),
  ownerId: z.string(),
  weight: z.string().transform(Number),
  status: z.enum(JOB_STATUSES),
  request: jsonText<JobRequest>(),
  webhook: webhook.exactOptional(),
  metadata: jsonText<Record<string, string>>(),
  baseUrl: z.string(),
  createdAtMs: integer,
  startedAtMs: integer.exactOptional(),
  finishedAtMs: integer.exactOptional(),
  deadlineAtMs: integer.exactOptional(),
  executionTimeoutMs: integer.exactOptional(),
  maxAttempts: integer,
  attempts: integer,
  requestId: z.string(),
  cancelRequested: flag,
  isHidden: flag.exactOptional(),
  answer: jsonText<Answer>().exactOptional(),
  error: jsonText<JobError>().exactOptional(),
});

/** The hash fields of a new record, as field and value in turn. */
export function encodeRecord(
  { request, metadata, webhook, answer, error, cancelRequested, isHidden, ...others }: JobRecord,
  options: { priority: 'normal' | 'low'; retentionSeconds: number },
): string[] {
  const flat: string[] = [];
  const add = (name: string, value: string | number | undefined): void => {
    if (value !== undefined) flat.push(name, String(value));
  };
  for (const name in others) add(name, others[name as keyof typeof others]);
  add('request', JSON.stringify(request));
  add('metadata', JSON.stringify(metadata));
  add('webhook', optionalJson(webhook));
  add('answer', optionalJson(answer));
  add('error', optionalJson(error));
  add('cancelRequested', cancelRequested ? '1' : '0');
  add('isHidden', isHidden === true ? '1' : undefined);
  add('model', request.model);
  add('queue', queueNameOf(request.model));
  add('priority', options.priority);
  add('crashes', 0);
  add('retentionSeconds', options.retentionSeconds);
  return flat;
}

function optionalJson(value: object | undefined): string | undefined {
  return value === undefined ? undefined : JSON.stringify(value);
}

/**
 * Reads a record from its hash fields.
 * @throws {RecordInvalidError}
 */
export function decodeRecord(fields: Record<string, string>): JobRecord {
  const parsed = recordSchema.safeParse(fields);
  if (!parsed.success) throw new RecordInvalidError('job', parsed.error);
  return parsed.data;
}

/** A record as a script returns it. */
export const recordReply = hashReply.transform(decodeRecord);

/** The fields of a record, in the order in which {@link recordValuesReply} takes their values. */
export const RECORD_FIELDS: readonly string[] = Object.keys(recordSchema.shape);

/** A record as a script returns it that read only {@link RECORD_FIELDS}, which leaves out what it does not have. */
export const recordValuesReply = z.array(z.string().nullable()).transform((values) => {
  const fields: Record<string, string> = {};
  for (const [index, name] of RECORD_FIELDS.entries()) {
    const value = values[index];
    if (value !== null && value !== undefined) fields[name] = value;
  }
  return decodeRecord(fields);
});
