import {
  ADMIN_OWNER_ID,
  FILE_PURPOSES,
  type FileRecord,
  UPLOAD_PURPOSES,
  UPLOAD_STATUSES,
  type UploadRecord,
} from '@tessera/contracts';
import { z } from 'zod';
import { RecordInvalidError } from '../errors.js';

const count = z.int().min(0);

const fileRecordSchema: z.ZodType<FileRecord> = z.object({
  id: z.string(),
  ownerId: z.string().default(ADMIN_OWNER_ID),
  bytes: count,
  createdAtMs: count,
  expiresAtMs: count.exactOptional(),
  filename: z.string(),
  purpose: z.enum(FILE_PURPOSES),
});

const uploadRecordSchema: z.ZodType<UploadRecord> = z.object({
  id: z.string(),
  ownerId: z.string().default(ADMIN_OWNER_ID),
  fileId: z.string(),
  filename: z.string(),
  purpose: z.enum(UPLOAD_PURPOSES),
  bytes: count,
  createdAtMs: count,
  expiresAtMs: count,
  fileSeconds: count,
  status: z.enum(UPLOAD_STATUSES),
});

/** @throws {RecordInvalidError} */
export function parseFileRecord(json: string): FileRecord {
  return parse(fileRecordSchema, json);
}

/** @throws {RecordInvalidError} */
export function parseUploadRecord(json: string): UploadRecord {
  return parse(uploadRecordSchema, json);
}

function parse<Value>(schema: z.ZodType<Value>, json: string): Value {
  try {
    return schema.parse(JSON.parse(json));
  } catch (cause) {
    throw new RecordInvalidError('file', cause);
  }
}
