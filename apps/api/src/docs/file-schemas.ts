import {
  FILE_PURPOSES,
  type FileObject,
  UPLOAD_PURPOSES,
  UPLOAD_STATUSES,
  type UploadObject,
  type UploadPartObject,
} from '@tessera/contracts';
import { z } from 'zod';
import { count, unixSeconds } from './shapes.js';

/** Shapes of what `/v1/files` and `/v1/uploads` answer. */

export const fileSchema = z.strictObject({
  id: z.string(),
  object: z.literal('file'),
  bytes: count,
  created_at: unixSeconds,
  expires_at: unixSeconds.nullable(),
  filename: z.string(),
  purpose: z.enum(FILE_PURPOSES),
  status: z.literal('processed'),
}) satisfies z.ZodType<FileObject>;

export const deletedFileSchema = z.strictObject({
  id: z.string(),
  object: z.literal('file'),
  deleted: z.literal(true),
});

export const uploadSchema = z.strictObject({
  id: z.string(),
  object: z.literal('upload'),
  bytes: count,
  created_at: unixSeconds,
  expires_at: unixSeconds.describe('Until then parts are taken'),
  filename: z.string(),
  purpose: z.enum(UPLOAD_PURPOSES),
  status: z.enum(UPLOAD_STATUSES),
  file: fileSchema.nullable().describe('Once it is completed'),
}) satisfies z.ZodType<UploadObject>;

export const uploadPartSchema = z.strictObject({
  id: z.string(),
  object: z.literal('upload.part'),
  created_at: unixSeconds,
  upload_id: z.string(),
}) satisfies z.ZodType<UploadPartObject>;
