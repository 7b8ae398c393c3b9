import {
  ADMIN_OWNER_ID,
  type Answer,
  DEFAULT_WEIGHT,
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

/** Time that a job's event stream stays after its last event. */
const EVENT_RETENTION_SECONDS = 3_600;
/** Events that a job's stream keeps, about; older ones are trimmed. */
const MAX_EVENTS = 20_000;

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
  ownerId: z.string().default(ADMIN_OWNER_ID),
  weight: z.string().transform(Number).default(DEFAULT_WEIGHT),
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
  record: JobRecord,
  options: { priority: 'normal' | 'low'; retentionSeconds: number },
): string[] {
  const fields: Record<string, string | number | undefined> = {
    ...record,
    request: JSON.stringify(record.request),
    metadata: JSON.stringify(record.metadata),
    webhook: optionalJson(record.webhook),
    answer: optionalJson(record.answer),
    error: optionalJson(record.error),
    cancelRequested: record.cancelRequested ? '1' : '0',
    isHidden: record.isHidden === true ? '1' : undefined,
    model: record.request.model,
    queue: queueNameOf(record.request.model),
    priority: options.priority,
    crashes: 0,
    retentionSeconds: options.retentionSeconds,
    eventRetentionSeconds: EVENT_RETENTION_SECONDS,
    maxEvents: MAX_EVENTS,
  };
  return Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : [name, String(value)],
  );
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
