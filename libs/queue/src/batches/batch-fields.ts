import { BATCH_STATUSES, type BatchError, type BatchRecord, type BatchRequest } from '@tessera/contracts';
import { z } from 'zod';
import { RecordInvalidError } from '../errors.js';
import { hashReply } from '../hash-reply.js';

const integer = z.string().regex(/^\d+$/).transform(Number);
const number = z.string().transform(Number).pipe(z.number());

/** A field that this module wrote as JSON of type T; that it is an object is all that is checked again. */
const json = <T extends object | null>() =>
  z.string().transform((text, context): T => {
    try {
      return JSON.parse(text) as T;
    } catch {
      context.addIssue({ code: 'custom', message: 'is not JSON' });
      return z.NEVER;
    }
  });

/** The fields of the hash that make the record; scripts keep others beside them. */
const fieldsSchema = z.object({
  id: z.string(),
  ownerId: z.string(),
  weight: number,
  maxQueuedRows: integer.exactOptional(),
  maxTokensPerDay: integer.exactOptional(),
  status: z.enum(BATCH_STATUSES),
  inputFileId: z.string(),
  endpoint: z.string(),
  completionWindow: z.string(),
  metadata: json<Record<string, string> | null>(),
  priority: z.enum(['normal', 'low']),
  outputExpiresAfterSeconds: integer.exactOptional(),
  retryOf: z.string().exactOptional(),
  requestId: z.string(),
  createdAtMs: integer,
  deadlineAtMs: integer,
  model: z.string().exactOptional(),
  inputKey: z.string().exactOptional(),
  total: integer,
  inputBytes: integer,
  completed: integer,
  failed: integer,
  inputTokens: integer,
  cachedTokens: integer,
  outputTokens: integer,
  errors: json<BatchError[]>().exactOptional(),
  outputFileId: z.string().exactOptional(),
  errorFileId: z.string().exactOptional(),
  inProgressAtMs: integer.exactOptional(),
  finalizingAtMs: integer.exactOptional(),
  cancellingAtMs: integer.exactOptional(),
  finishedAtMs: integer.exactOptional(),
  earlyEnd: z.enum(['cancelled', 'expired']).exactOptional(),
  nextRow: integer,
  nextByte: integer,
  openChunks: integer,
  rowMs: number.exactOptional(),
  workMs: integer.default(0),
});

const NOTHING_YET = {
  ...{ total: 0, inputBytes: 0, completed: 0, failed: 0, inputTokens: 0, cachedTokens: 0, outputTokens: 0 },
  ...{ nextRow: 0, nextByte: 0, nextChunk: 0, openChunks: 0, workMs: 0 },
};

/** The hash fields of a new batch, as field and value in turn. */
export function encodeBatchRequest(request: BatchRequest, retentionSeconds: number): string[] {
  return encodeFields({
    ...request,
    ...NOTHING_YET,
    metadata: JSON.stringify(request.metadata),
    status: 'validating',
    retentionSeconds,
  });
}

/** The hash fields of a batch that is known from elsewhere. */
export function encodeBatchRecord(
  { tokens, ...record }: BatchRecord,
  options: { retentionSeconds: number; nextChunk: number },
): string[] {
  return encodeFields({
    ...record,
    ...options,
    metadata: JSON.stringify(record.metadata),
    errors: record.errors === undefined ? undefined : JSON.stringify(record.errors),
    inputTokens: tokens.input,
    cachedTokens: tokens.cached,
    outputTokens: tokens.output,
  });
}

function encodeFields(fields: Record<string, string | number | undefined>): string[] {
  return Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : [name, String(value)],
  );
}

/**
 * Reads a record from its hash fields.
 * @throws {RecordInvalidError}
 */
export function decodeBatchRecord(fields: Record<string, string>): BatchRecord {
  const parsed = fieldsSchema.safeParse(fields);
  if (!parsed.success) throw new RecordInvalidError('batch', parsed.error);
  const { inputTokens, cachedTokens, outputTokens, ...record } = parsed.data;
  return { ...record, tokens: { input: inputTokens, cached: cachedTokens, output: outputTokens } };
}

/** A record as a script returns it. */
export const batchReply = hashReply.transform(decodeBatchRecord);
